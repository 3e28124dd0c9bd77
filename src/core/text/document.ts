import { lineStarts, positionAt, type Range, type Span } from "./position.ts";

/** How the text is read: YAML, or JSON with comments and trailing commas. */
export type TextFormat = "yaml" | "json";

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
  readonly span: Span;
}

export interface Entry {
  readonly key: string;
  readonly keySpan: Span;
  readonly value: ConfigNode;
}

export type ConfigNode = ScalarNode | ListNode | MapNode;

/** Something that a parser could not read; the rest of the document is still there. */
export interface TextProblem {
  readonly message: string;
  readonly span: Span;
}

/** The values of a config file with their places in its text. */
export interface ConfigDocument {
  readonly format: TextFormat;
  readonly text: string;
  /** The top-level mapping; empty when the text holds none. */
  readonly root: MapNode;
  readonly problems: readonly TextProblem[];
  /** The lines and columns of `span`. */
  readonly rangeOf: (span: Span) => Range;
}

/** Builds a document around what a parser found; text without a top-level mapping gets an empty one. */
export function configDocument(
  format: TextFormat,
  text: string,
  root: ConfigNode | undefined,
  problems: readonly TextProblem[],
): ConfigDocument {
  const starts = lineStarts(text);
  return {
    format,
    text,
    root: root?.kind === "map" ? root : { kind: "map", entries: new Map(), span: { start: 0, end: text.length } },
    problems,
    rangeOf: ({ start, end }) => ({ start: positionAt(starts, start), end: positionAt(starts, end) }),
  };
}
