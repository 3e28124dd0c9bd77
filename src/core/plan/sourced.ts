import { t } from "../language.ts";
import type { Range } from "../text/position.ts";

/** Where a value stands: the value itself, and the key in front of it. */
export interface Place {
  readonly range: Range;
  readonly keyRange: Range;
  /** The file, when it is not the config itself but one that the config points to. */
  readonly uri?: string;
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

/** What the user says instead of the config. */
export function said<T>(value: T): Known<T> {
  return assumed(value, t`as you said`);
}

/** Whether the user said it. */
export function isSaid({ origin, note }: Sourced<unknown>): boolean {
  return origin === "assumed" && note === t`as you said`;
}

/** Whether we took it for granted, and the user has not said it. */
export function isGuessed(source: Sourced<unknown>): boolean {
  return source.origin === "assumed" && !isSaid(source);
}

export function unknown(note: string, place?: Place): Unknown {
  return place ? { value: undefined, origin: "unknown", note, place } : { value: undefined, origin: "unknown", note };
}

/** The same source with another value, such as a name mapped to what it means. */
export function mapped<T, U>(source: Sourced<T>, map: (value: T) => U): Sourced<U> {
  return source.origin === "unknown" ? source : { ...source, value: map(source.value) };
}

const certainty = { file: 0, linked: 1, default: 2, assumed: 3 } as const;

/** A value worked out from two others: as sure as the less sure of them, and it stands where the first stands. */
export function derived<A, B, T>(a: Sourced<A>, b: Sourced<B>, note: string, work: (a: A, b: B) => T): Sourced<T> {
  if (a.origin === "unknown") return a;
  if (b.origin === "unknown") return b;
  const origin = certainty[a.origin] >= certainty[b.origin] ? a.origin : b.origin;
  const place = a.place ?? b.place;
  return { value: work(a.value, b.value), origin, note, ...(place ? { place } : {}) };
}

/** The value where it is known; else what `otherwise` says. */
export function orElse<T>(source: Sourced<T>, otherwise: Sourced<T>): Sourced<T> {
  return source.origin === "unknown" && !source.place ? otherwise : source;
}

/** Where a value stands in the config itself; undefined for values from elsewhere. */
export function ownPlace({ place }: Sourced<unknown>): Place | undefined {
  return place?.uri === undefined ? place : undefined;
}
