import type { Scalar } from "./document.ts";

const integer = /^[-+]?[0-9][0-9_]*$/;
const float = /^[-+]?(?:[0-9][0-9_]*(?:\.[0-9_]*)?|\.[0-9][0-9_]*)(?:[eE][-+]?[0-9]+)?$/;
const infinity = /^[-+]?\.(?:inf|Inf|INF)$/;
const truthy = /^(?:true|True|TRUE|yes|Yes|YES|on|On|ON)$/;
const falsy = /^(?:false|False|FALSE|no|No|NO|off|Off|OFF)$/;
const empty = /^(?:|~|null|Null|NULL)$/;

/**
 * What an unquoted YAML scalar means to the person who wrote it: the union of YAML 1.1 and 1.2, so that `1e-5` and
 * `500_000` are numbers and `no` is false. Frameworks' loaders differ on these; a rule that cares looks at the source.
 */
export function plainScalar(source: string): Scalar {
  if (empty.test(source)) return null;
  if (truthy.test(source)) return true;
  if (falsy.test(source)) return false;
  return numberFrom(source) ?? source;
}

/** The number that `source` spells, or undefined; underscores between digits are allowed, as in `500_000`. */
export function numberFrom(source: string): number | undefined {
  const text = source.trim();
  if (integer.test(text) || float.test(text)) return Number(text.replaceAll("_", ""));
  if (infinity.test(text)) return text.startsWith("-") ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  return undefined;
}
