import type { Argument, SchedulerArguments } from "../plan/plan.ts";
import { byDefault, type Sourced } from "../plan/sourced.ts";
import { type ConfigDocument, type ConfigNode, entryAt, type MapNode } from "../text/document.ts";
import { resolveScalar } from "../text/interpolation.ts";
import { placeOf } from "./place.ts";
import type { Reader } from "./reader.ts";

/** The values of a mapping by their names. */
export function argumentsOf(map: MapNode): SchedulerArguments {
  return new Map([...map.entries].map(([key, { value }]) => [key, argumentOf(value)]));
}

/** A value as plain data. */
function argumentOf(node: ConfigNode): Argument {
  switch (node.kind) {
    case "scalar":
      return node.value;
    case "list":
      return node.items.map(argumentOf);
    case "map":
      return Object.fromEntries(argumentsOf(node));
  }
}

/** The values of the mapping at a key, those that bend the scheduler's curve. */
export function schedulerArgumentsAt<K extends string>(
  keys: Reader<K>,
  key: K,
  bends: (name: string, value: Argument) => boolean = () => true,
): Sourced<SchedulerArguments> {
  const [map] = keys.maps(key);
  const place = keys.place(key);
  if (!map || !place) return byDefault(new Map());
  const bending = [...argumentsOf(map)].filter(([name, value]) => bends(name, value));
  return { value: new Map(bending), origin: "file", place };
}

/** The values in a section, references put in, but for those that are empty or that do not bend the curve. */
export function schedulerArgumentsIn(
  document: ConfigDocument,
  section: string,
  bends: (name: string) => boolean,
): Sourced<SchedulerArguments> {
  const entry = entryAt(document.root, section);
  if (entry?.value.kind !== "map") return byDefault(new Map());
  const around = ancestorsOf(document.root, section);
  const bending = [...entry.value.entries].flatMap(([name, { value }]): readonly (readonly [string, Argument])[] => {
    if (!bends(name)) return [];
    const argument = value.kind === "scalar" ? resolveScalar(value, around) : argumentOf(value);
    return argument === undefined || argument === null ? [] : [[name, argument]];
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
