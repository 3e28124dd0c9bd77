import { type ConfigDocument, type Entry, entryAt, type MapNode, type ScalarNode } from "./document.ts";
import { definitionOf } from "./interpolation.ts";
import { numberLike, portableNumber } from "./number.ts";
import type { Range, Span } from "./position.ts";

/** Replaces the text in `range`; everything around it stays as it is. */
export interface TextEdit {
  readonly range: Range;
  readonly newText: string;
}

export type EditValue = string | number | boolean;

/**
 * Sets the value at a dotted path: where the key has one value, that value alone is replaced, written as the file writes it;
 * where it is absent, one line (or one entry in braces) is added behind the first of `neighbours` that is there, else behind
 * the last key of its mapping. Nothing where the key holds a mapping or a list.
 */
export function setValue(
  document: ConfigDocument,
  path: string,
  value: EditValue,
  neighbours: readonly string[] = [],
): readonly TextEdit[] {
  const entry = entryAt(document.root, path);
  if (entry && !entry.merged) return replaceValue(document, entry, value);
  const { map, missing } = deepest(document.root, path);
  const [anchor] = [
    ...neighbours.flatMap((name) => map.entries.get(name) ?? []),
    ...[...map.entries.values()].reverse(),
  ].filter(({ merged }) => !merged);
  return anchor ? [insertBehind(document, map, anchor, missing, value)] : [];
}

function replaceValue(document: ConfigDocument, entry: Entry, value: EditValue): readonly TextEdit[] {
  const node = definitionOf(entry.value, [document.root]);
  if (node.kind !== "scalar") return [];
  const own = node === entry.value ? entry.valueSpan : node.span;
  if (own.start === own.end) {
    const gap = document.text[own.start - 1] === ":" ? " " : "";
    const comment = document.text[own.end] === "#" ? " " : "";
    return [edit(document, own, gap + literal(document, value) + comment)];
  }
  const alias = document.text[own.start] === "*";
  return [alias ? edit(document, own, literal(document, value)) : replaceScalar(document, node, own, value)];
}

/** Another value for a scalar, within its quotes if it has any and in its notation if it is a number. */
function replaceScalar(document: ConfigDocument, node: ScalarNode, span: Span, value: EditValue): TextEdit {
  const inset = node.quoted && /^["']/.test(document.text.slice(span.start, span.start + 1)) ? 1 : 0;
  const inner = { start: span.start + inset, end: span.end - inset };
  if (typeof value === "number") return edit(document, inner, numberLike(node.source, value));
  if (typeof value === "boolean" && /^(?:True|False)$/.test(node.source))
    return edit(document, inner, value ? "True" : "False");
  return edit(document, inset > 0 ? inner : span, inset > 0 ? String(value) : literal(document, value));
}

/** The innermost mapping that is there on the way to `path`, and the keys that are missing in it. */
function deepest(root: MapNode, path: string): { map: MapNode; missing: readonly string[] } {
  const keys = path.split(".");
  let map = root;
  for (const [index, key] of keys.entries()) {
    const next = map.entries.get(key)?.value;
    if (next?.kind !== "map" || next.entries.size === 0) return { map, missing: keys.slice(index) };
    map = next;
  }
  return { map, missing: [] };
}

function insertBehind(
  document: ConfigDocument,
  map: MapNode,
  anchor: Entry,
  keys: readonly string[],
  value: EditValue,
): TextEdit {
  const { text } = document;
  const lineStart = text.lastIndexOf("\n", anchor.keySpan.start - 1) + 1;
  const indent = " ".repeat(anchor.keySpan.start - lineStart);
  const ending = text.includes("\r\n") ? "\r\n" : "\n";
  const end = trimmedEnd(text, anchor);
  if (map.flow) {
    const ownLine = text.slice(lineStart, anchor.keySpan.start).trim() === "";
    const quote = /["']/.exec(text[anchor.keySpan.start] ?? "")?.[0] ?? "";
    const written = keys.reduceRight((inner, key) => `{ ${quote}${key}${quote}: ${inner} }`, literal(document, value));
    const entry = written.slice("{ ".length, -" }".length);
    const at = { start: end, end };
    return edit(
      document,
      at,
      ownLine ? `,${ending}${text.slice(lineStart, anchor.keySpan.start)}${entry}` : `, ${entry}`,
    );
  }
  const lines = keys.map((key, depth) => `${indent}${"  ".repeat(depth)}${key}:`);
  const lineEnd = endOfLine(text, end);
  return edit(document, { start: lineEnd, end: lineEnd }, `${ending}${lines.join(ending)} ${literal(document, value)}`);
}

/** The end of an entry's value without the line breaks and blanks that parsers count to it. */
function trimmedEnd(text: string, { valueSpan, keySpan, value }: Entry): number {
  let end = Math.max(valueSpan.end, keySpan.end);
  while (end > keySpan.end && /\s/.test(text[end - 1] ?? "")) end--;
  return value.kind === "scalar" && valueSpan.start === valueSpan.end ? Math.max(end, valueSpan.end) : end;
}

function endOfLine(text: string, from: number): number {
  const end = text.slice(from).search(/\r?\n|$/);
  return from + end;
}

/** The value as a new key of this file would be written. */
function literal({ format }: ConfigDocument, value: EditValue): string {
  if (typeof value === "number") return portableNumber(value);
  if (typeof value === "boolean") return String(value);
  return format === "json" || !/^[A-Za-z_][\w./-]*$/.test(value) ? JSON.stringify(value) : value;
}

function edit(document: ConfigDocument, span: Span, newText: string): TextEdit {
  return { range: document.rangeOf(span), newText };
}
