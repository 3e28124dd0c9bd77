/** A value, or the reason why there is none, in words for the user. */
export type Answer<T> = { readonly value: T } | { readonly value: null; readonly reason: string };

export function known<T>(value: T): Answer<T> {
  return { value };
}

export function missing(reason: string): { readonly value: null; readonly reason: string } {
  return { value: null, reason };
}
