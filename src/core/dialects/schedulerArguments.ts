import type { SchedulerArguments } from "../plan/plan.ts";
import { byDefault, type Sourced } from "../plan/sourced.ts";
import { type ConfigDocument, entryAt, type MapNode, type Scalar } from "../text/document.ts";
import { resolveScalar } from "../text/interpolation.ts";
import { placeOf } from "./place.ts";
import type { Reader } from "./reader.ts";

/** The single values of a mapping. */
export function scalarsOf(map: MapNode): SchedulerArguments {
  return new Map([...map.entries].flatMap(([key, { value }]) => (value.kind === "scalar" ? [[key, value.value]] : [])));
}

/** The single values of the mapping at a key, those that bend the scheduler's curve. */
export function schedulerArgumentsAt<K extends string>(
  keys: Reader<K>,
  key: K,
  bends: (name: string, value: Scalar) => boolean = () => true,
): Sourced<SchedulerArguments> {
  const [map] = keys.maps(key);
  const place = keys.place(key);
  if (!map || !place) return byDefault(new Map());
  const bending = [...scalarsOf(map)].filter(([name, value]) => bends(name, value));
  return { value: new Map(bending), origin: "file", place };
}

/** The single values in a section, references put in, but for those that are empty or that do not bend the curve. */
export function schedulerArgumentsIn(
  document: ConfigDocument,
  section: string,
  bends: (name: string) => boolean,
): Sourced<SchedulerArguments> {
  const entry = entryAt(document.root, section);
  if (entry?.value.kind !== "map") return byDefault(new Map());
  const around = ancestorsOf(document.root, section);
  const bending = [...entry.value.entries].flatMap(([name, { value }]): readonly (readonly [string, Scalar])[] => {
    const scalar = bends(name) && value.kind === "scalar" ? resolveScalar(value, around) : undefined;
    return scalar === undefined || scalar === null ? [] : [[name, scalar]];
  });
  if (bending.length === 0) return byDefault(new Map());
  return { value: new Map(bending), origin: "file", place: placeOf(document, entry) };
}

/** The mappings on the way to the values of a section. */
function ancestorsOf(root: MapNode, section: string): readonly MapNode[] {
  const names = section.split(".");
  const inner = names.map((_, end) => entryAt(root, names.slice(0, end + 1).join("."))?.value);
  return [root, ...inner.filter((node): node is MapNode => node?.kind === "map")];
}
