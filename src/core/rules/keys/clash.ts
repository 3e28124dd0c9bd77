import { t } from "../../language.ts";
import type { Release } from "../../plan/releases.ts";
import type { ConfigNode } from "../../text/document.ts";
import { isReference } from "../../text/interpolation.ts";
import { removing, setting } from "../fixes.ts";
import { written } from "../places.ts";
import type { Fix, Severity, Subject } from "../rule.ts";

/** Settings that a framework refuses together, or one that it refuses without another: the run stops before it trains. */
export interface Clash {
  /** The ids of the frameworks that refuse them. */
  readonly dialects: readonly string[];
  /** Where it is shown: at the first of them that the config has; the others are part of it. */
  readonly keys: readonly string[];
  /** The first release that is known to refuse them; all that anybody runs do where absent. */
  readonly release?: Release;
  /** Less than an error where the framework's own recipes have them all the same. */
  readonly severity?: Severity;
  /** Whether they are surely refused. */
  readonly isRefused: (subject: Subject) => boolean;
  readonly message: (subject: Subject) => string;
  readonly fixes: (subject: Subject) => readonly Fix[];
  readonly source: string;
}

/** What is said of two settings, each of which is fine alone. */
export function apart(first: string, second: string): Clash["message"] {
  return ({ dialect }) => t`${dialect.label} refuses ${first} together with ${second}: the run stops.`;
}

/** What is said of a setting that wants another. */
export function lacking(present: string, absent: string): Clash["message"] {
  return ({ dialect }) => t`${dialect.label} refuses ${present} without ${absent}: the run stops.`;
}

/** Whether the config sets a key to something that is not nothing, as Python asks it. */
export function isOn(subject: Subject, key: string): boolean {
  const value = written(subject, key)?.entry.value;
  return value !== undefined && isSomething(value) === true;
}

/** Whether the config leaves out a key, or sets it to nothing. */
export function isOff(subject: Subject, key: string): boolean {
  const value = written(subject, key)?.entry.value;
  return value === undefined || isSomething(value) === false;
}

/** Undefined where the value is set elsewhere. */
function isSomething(value: ConfigNode): boolean | undefined {
  switch (value.kind) {
    case "scalar":
      return isReference(value) ? undefined : ![false, 0, ""].some((nothing) => nothing === value.value);
    case "list":
      return value.items.length > 0;
    case "map":
      return value.entries.size > 0;
  }
}

/** A fix that takes away those of the keys that the config has. */
export function without(subject: Subject, keys: readonly string[], preferred = true): readonly Fix[] {
  const paths = keys.flatMap((key) => written(subject, key)?.path ?? []);
  return removing(subject, paths, { title: t`Remove ${paths.join(", ")}`, preferred });
}

/** A fix for each of two settings that takes it away: nobody knows which one was meant. */
export function eitherWithout(first: readonly string[], second: readonly string[]): Clash["fixes"] {
  return (subject) => [...without(subject, first, false), ...without(subject, second, false)];
}

/** A fix that sets a key, under the name that the config has for it; a new one stands behind the first of `neighbours` that is there. */
export function put(
  subject: Subject,
  key: string,
  value: string | number | boolean,
  { neighbours = [], preferred = true }: { readonly neighbours?: readonly string[]; readonly preferred?: boolean } = {},
): readonly Fix[] {
  const path = written(subject, key)?.path ?? key;
  return setting(subject, path, value, { title: t`Set ${path} to ${String(value)}`, preferred }, neighbours);
}
