import { t } from "../language.ts";
import { type Place, type Sourced, unknown } from "../plan/sourced.ts";
import { type ConfigDocument, type Entry, entryAt, type MapNode } from "../text/document.ts";
import type { LinkedFiles, Settings } from "./links.ts";
import { placeOf } from "./place.ts";
import { type Reader, reader } from "./reader.ts";
import { namesOf, type Vocabulary } from "./vocabulary.ts";

// The `defaults` of NeMo RL: files that a config inherits from. Source: NVIDIA-NeMo/RL at 7ea279abfbeb, nemo_rl/utils/config.py.

interface Chain {
  /** The mapping that NeMo RL sees. */
  readonly root: MapNode;
  /** The files, the ones that win first. */
  readonly levels: readonly Settings[];
  /** A file that is inherited from, but not there. */
  readonly missing?: string;
}

/** Reads keys as they are inherited: from the file itself, from those that it points to, or as unknown without them. */
export function inheritingReader<V extends Vocabulary>(
  document: ConfigDocument,
  vocabulary: V,
  linked: LinkedFiles = nothingLinked,
): Reader<keyof V & string> {
  type Key = keyof V & string;
  const { root, levels, missing } = inherit({ document }, linked, 0, { files: 0 });
  const keys = reader({ ...document, root }, vocabulary);
  const absent = missing === undefined ? undefined : unknown(t`inherited from ${missing}, which is not there`);
  const inherited = (key: Key): Place | undefined => {
    const names = namesOf(vocabulary, key);
    for (const { document: owner, uri } of levels) {
      const entry = names.map((name) => entryAt(owner.root, name)).find((found) => found !== undefined);
      if (entry) return uri === undefined ? undefined : { ...placeOf(owner, entry), uri };
    }
    return undefined;
  };
  const from = <T>(key: Key, source: Sourced<T>): Sourced<T> => {
    const place = keys.has(key) ? inherited(key) : undefined;
    if (!place) return source;
    return source.origin === "unknown" ? { ...source, place } : { ...source, origin: "linked", place };
  };
  return {
    has: keys.has,
    number: (key, otherwise) => from(key, keys.number(key, absent ?? otherwise)),
    flag: (key, otherwise) => from(key, keys.flag(key, absent ?? otherwise)),
    text: (key, otherwise) => from(key, keys.text(key, absent ?? otherwise)),
    words: (key, otherwise) => from(key, keys.words(key, absent ?? otherwise)),
    maps: keys.maps,
    names: keys.names,
    isList: keys.isList,
    place: (key) => inherited(key) ?? keys.place(key),
    nullAt: keys.nullAt,
  };
}

const nothingLinked: LinkedFiles = { get: () => undefined };

/** Longer chains do not occur; a circle would be endless. */
const deepest = 8;

/** More files than any config inherits from: a few that name each other several times would be millions. */
const mostFiles = 64;

function inherit(level: Settings, linked: LinkedFiles, depth: number, work: { files: number }): Chain {
  const own = level.document.root;
  let root: MapNode | undefined;
  let levels: readonly Settings[] = [];
  let missing: string | undefined;
  for (const { path } of parentPaths(own)) {
    const file = depth < deepest && work.files < mostFiles ? linked.get(path) : undefined;
    if (!file) {
      missing ??= path;
      continue;
    }
    work.files++;
    const parent = inherit({ document: file.document, uri: file.uri }, file.linked ?? nothingLinked, depth + 1, work);
    root = root ? overridden(root, parent.root) : parent.root;
    levels = [...parent.levels, ...levels];
    missing ??= parent.missing;
  }
  return {
    root: root ? overridden(root, own) : own,
    levels: [level, ...levels],
    ...(missing === undefined ? {} : { missing }),
  };
}

/** `over` on top of `base`: mappings are merged, everything else is replaced, as is a section marked `_override_`. */
function overridden(base: MapNode, over: MapNode): MapNode {
  const entries = new Map(base.entries);
  for (const [key, entry] of over.entries) {
    const below = base.entries.get(key)?.value;
    const { value } = entry;
    const merges = below?.kind === "map" && value.kind === "map" && !value.entries.has("_override_");
    entries.set(key, merges ? { ...entry, value: overridden(below, value) } : entry);
  }
  return { ...over, entries };
}

/** The paths in `defaults`: one, or a list of them. */
export function parentPaths({ entries }: MapNode): readonly { path: string; entry: Entry }[] {
  const entry = entries.get("defaults");
  const nodes = entry?.value.kind === "list" ? entry.value.items : entry ? [entry.value] : [];
  return nodes.flatMap((node) =>
    entry && node.kind === "scalar" && typeof node.value === "string"
      ? [{ path: node.value, entry: { ...entry, value: node, valueSpan: node.span } }]
      : [],
  );
}
