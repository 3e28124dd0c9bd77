import { lineStarts, positionAt, type Range, type Span } from "./position.ts";

/** How the text is read: YAML, or JSON with comments and trailing commas. */
export type TextFormat = "yaml" | "json";

/** How a file is read, by its name: what is not called JSON is YAML. */
export function formatOfFile(path: string): TextFormat {
  return /\.jsonc?$/i.test(path) ? "json" : "yaml";
}

export type Scalar = string | number | boolean | null;

export interface ScalarNode {
  readonly kind: "scalar";
  /** What the author meant: `1e-5` and `500_000` are numbers whatever a YAML version says, `yes` is true. */
  readonly value: Scalar;
  /** The characters between the quotes, if there are any. */
  readonly source: string;
  readonly quoted: boolean;
  /** The value as it stands in the text, quotes included. */
  readonly span: Span;
}

export interface ListNode {
  readonly kind: "list";
  readonly items: readonly ConfigNode[];
  readonly span: Span;
}

export interface MapNode {
  readonly kind: "map";
  /** By key; where a key is repeated, the last entry, as PyYAML and Python's json read it. */
  readonly entries: ReadonlyMap<string, Entry>;
  /** The entries that a later one of the same key takes the place of. */
  readonly displaced: readonly Entry[];
  /** Whether it is written with braces, as every mapping of JSON is. */
  readonly flow: boolean;
  readonly span: Span;
}

export interface Entry {
  readonly key: string;
  readonly keySpan: Span;
  readonly value: ConfigNode;
  /** Where the value is written for this key: an alias stands elsewhere than the node that it names. */
  readonly valueSpan: Span;
  /** Whether it comes from another mapping through a merge key (`<<`). */
  readonly merged: boolean;
}

export type ConfigNode = ScalarNode | ListNode | MapNode;

/** Something that a parser could not read; the rest of the document is still there. */
export interface TextProblem {
  readonly message: string;
  readonly span: Span;
}

/** The values of a config with their places in the text: of a JSON file, or of one document of a YAML stream. */
export interface ConfigDocument {
  readonly format: TextFormat;
  readonly text: string;
  readonly root: MapNode;
  readonly problems: readonly TextProblem[];
  /** The lines and columns of `span`. */
  readonly rangeOf: (span: Span) => Range;
}

/** Documents around the mappings that a parser found in `text`; none for a text without a top-level mapping. */
export function configDocuments(
  format: TextFormat,
  text: string,
  roots: readonly MapNode[],
  problems: readonly TextProblem[],
): readonly ConfigDocument[] {
  const starts = lineStarts(text);
  const rangeOf = ({ start, end }: Span) => ({ start: positionAt(starts, start), end: positionAt(starts, end) });
  return roots.map((root) => ({ format, text, root, problems, rangeOf }));
}

/** The mappings around a value, from the root of the document to the one that holds it. */
export type Ancestors = readonly MapNode[];

/** An entry, the mapping that holds it, and the ancestors that this is the last of. */
export interface Found {
  readonly entry: Entry;
  readonly map: MapNode;
  readonly ancestors: Ancestors;
}

/** The value at a dotted path, such as `train.micro_batch_size`; a key that holds the dots itself goes first. */
export function entryAt(map: MapNode, path: string): Entry | undefined {
  return foundAt([map], path)?.entry;
}

/** As `entryAt`, from the last of `ancestors` on, with the mappings around the value. */
export function foundAt(ancestors: Ancestors, path: string): Found | undefined {
  const map = ancestors.at(-1);
  if (!map) return undefined;
  const entry = map.entries.get(path);
  if (entry) return { entry, map, ancestors };
  const dot = path.indexOf(".");
  const inner = dot < 0 ? undefined : map.entries.get(path.slice(0, dot))?.value;
  return inner?.kind === "map" ? foundAt([...ancestors, inner], path.slice(dot + 1)) : undefined;
}
