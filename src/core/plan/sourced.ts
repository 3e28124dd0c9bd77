import type { Range } from "../text/position.ts";

/** Where a value stands: the value itself, and the key in front of it. */
export interface Place {
  readonly range: Range;
  readonly keyRange: Range;
}

/** A value and where it comes from: this file, a linked file, the framework's default, or our assumption. */
export interface Known<T> {
  readonly value: T;
  readonly origin: "file" | "linked" | "default" | "assumed";
  /** Set for values from a file. */
  readonly place?: Place;
  /** Why this is the value, when the key alone does not say it. */
  readonly note?: string;
}

/** A value that the run will have but the config does not tell. */
export interface Unknown {
  readonly value: undefined;
  readonly origin: "unknown";
  /** Set when the key is there but its value cannot be resolved, such as `${MODEL}`. */
  readonly place?: Place;
  readonly note: string;
}

export type Sourced<T> = Known<T> | Unknown;

/** What the framework does when the key is absent. */
export function byDefault<T>(value: T, note?: string): Known<T> {
  return note === undefined ? { value, origin: "default" } : { value, origin: "default", note };
}

/** What we take for granted because neither the file nor the framework says it; shown as assumed. */
export function assumed<T>(value: T, note: string): Known<T> {
  return { value, origin: "assumed", note };
}

export function unknown(note: string, place?: Place): Unknown {
  return place ? { value: undefined, origin: "unknown", note, place } : { value: undefined, origin: "unknown", note };
}

/** The same source with another value, such as a name mapped to what it means. */
export function mapped<T, U>(source: Sourced<T>, map: (value: T) => U): Sourced<U> {
  return source.origin === "unknown" ? source : { ...source, value: map(source.value) };
}
