import { byDefault, mapped, type Sourced } from "../plan/sourced.ts";
import type { Reader } from "./reader.ts";

/** The updates after which a run stops; null where the key is absent, or is 0 or -1, which stand for no limit. */
export function stepLimit<K extends string>(keys: Reader<K>, key: K): Sourced<number | null> {
  return keys.has(key) ? mapped(keys.number(key), (steps) => (steps > 0 ? steps : null)) : byDefault(null);
}
