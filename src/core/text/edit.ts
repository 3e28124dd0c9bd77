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

/** What becomes of a key: a value, names that its list holds besides those it has, or null, which takes the key away. */
export type KeyEdit = EditValue | readonly string[] | null;

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
  return setValues(document, [[path, value]], neighbours);
}

/** As `setValue` for several keys; new ones of the same mapping stand together. */
export function setValues(
  document: ConfigDocument,
  values: readonly (readonly [path: string, value: KeyEdit])[],
  neighbours: readonly string[] = [],
): readonly TextEdit[] {
  const edits: TextEdit[] = [];
  const added = new Map<MapNode, NewEntries>();
  const removed = new Map<Entry, MapNode>();
  const gone = values.flatMap(([path, value]) => (value === null ? [`${path}.`] : []));
  for (const [path, value] of values) {
    if (gone.some((outer) => path.startsWith(outer))) continue;
    const { map, missing } = deepest(document.root, path);
    const entry = entryAt(document.root, path);
    if (value === null) {
      if (!entry || entry.merged) continue;
      removed.set(entry, holderOf(document.root, path));
    } else if (entry && !entry.merged) {
      edits.push(...(isNames(value) ? addNames(document, entry, value) : replaceValue(document, entry, value)));
    } else if (missing.length === 1 || map.entries.get(missing[0] ?? "")?.merged !== false) {
      const entries: NewEntries = added.get(map) ?? new Map();
      added.set(map, entries);
      enter(entries, missing, value);
    }
  }
  for (const [map, entries] of added) {
    const own = [
      ...neighbours.flatMap((name) => map.entries.get(name) ?? []),
      ...[...map.entries.values()].reverse(),
    ].filter(({ merged }) => !merged);
    const stays = own.find((entry) => !removed.has(entry));
    const [goes] = own;
    if (stays || !goes)
      edits.push(insertBehind(document, map, stays ? placeOf(document, stays) : mergeOf(document, map), entries));
    else {
      // They take the place of the last entry: a mapping without any is none in YAML.
      removed.delete(goes);
      edits.push(replaceEntry(document, map, goes, entries));
    }
  }
  for (const map of new Set(removed.values())) {
    edits.push(
      ...removeEntries(document, map, new Set([...removed.keys()].filter((entry) => removed.get(entry) === map))),
    );
  }
  return joined(edits);
}

/** `edits` with one for all that go in at the same place: lines of inner mappings and lists in front of those of outer ones. */
export function joined(edits: readonly TextEdit[]): readonly TextEdit[] {
  const places = new Map<string, TextEdit[]>();
  for (const each of edits) {
    const { start, end } = each.range;
    const key = `${start.line}:${start.character}-${end.line}:${end.character}`;
    places.set(key, [...(places.get(key) ?? []), each]);
  }
  const indentOf = ({ newText }: TextEdit) => /\n( *)/.exec(newText)?.[1]?.length ?? 0;
  return [...places.values()].flatMap(([first, ...others]) => {
    if (!first) return [];
    const all = [first, ...others].sort((a, b) => indentOf(b) - indentOf(a));
    return { ...first, newText: all.map(({ newText }) => newText).join("") };
  });
}

function isNames(value: KeyEdit | NewEntries): value is readonly string[] {
  return Array.isArray(value);
}

type NewEntries = Map<string, EditValue | readonly string[] | NewEntries>;

function enter(entries: NewEntries, [key, ...keys]: readonly string[], value: EditValue | readonly string[]): void {
  if (key === undefined) return;
  if (keys.length === 0) {
    entries.set(key, value);
    return;
  }
  const found = entries.get(key);
  const inner: NewEntries = found instanceof Map ? found : new Map();
  entries.set(key, inner);
  enter(inner, keys, value);
}

/** The mapping that has the last key of a path which is there. */
function holderOf(map: MapNode, path: string): MapNode {
  const dot = path.indexOf(".");
  const inner = map.entries.has(path) || dot < 0 ? undefined : map.entries.get(path.slice(0, dot))?.value;
  return inner?.kind === "map" ? holderOf(inner, path.slice(dot + 1)) : map;
}

/** Takes keys of a mapping and their values away: with their lines, or with their commas where it is written with braces. */
export function removeEntries(
  document: ConfigDocument,
  { flow, entries, displaced }: MapNode,
  removed: ReadonlySet<Entry>,
): readonly TextEdit[] {
  const { text } = document;
  if (!flow) {
    return [...removed].map((entry) => edit(document, linesOf(text, entry.keySpan.start, trimmedEnd(text, entry)), ""));
  }
  const all = [...entries.values(), ...displaced]
    .filter(({ merged }) => !merged)
    .sort((a, b) => a.keySpan.start - b.keySpan.start);
  const edits: TextEdit[] = [];
  for (let index = 0; index < all.length; index++) {
    const first = all[index];
    if (!first || !removed.has(first)) continue;
    const before = all[index - 1];
    let last = first;
    for (let next = all[index + 1]; next && removed.has(next); next = all[index + 1]) {
      last = next;
      index++;
    }
    edits.push(removeRun(document, first, last, before, all[index + 1]));
  }
  return edits;
}

/** Takes neighbours in braces away, from `first` to `last`; `before` and `after` stay. */
function removeRun(
  document: ConfigDocument,
  first: Entry,
  last: Entry,
  before: Entry | undefined,
  after: Entry | undefined,
): TextEdit {
  const { text } = document;
  const { start } = first.keySpan;
  const end = trimmedEnd(text, last);
  const hasOwnLines = standsAlone(text, start, end);
  if (hasOwnLines && (after || !before)) return edit(document, linesOf(text, start, end), "");
  if (!before) return edit(document, { start, end: after?.keySpan.start ?? end }, "");
  const stays = trimmedEnd(text, before);
  return hasOwnLines
    ? edit(document, { start: stays, end: endOfLine(text, end) }, withoutComma(text.slice(stays, start)).trimEnd())
    : edit(document, { start: stays, end }, "");
}

/** The whole lines that a stretch of a text is on. */
function linesOf(text: string, start: number, end: number): Span {
  const lineEnd = endOfLine(text, end);
  const next = text.startsWith("\r\n", lineEnd) ? lineEnd + 2 : Math.min(lineEnd + 1, text.length);
  return { start: startOfLine(text, start), end: next };
}

/** Whether there is nothing else on the lines of an entry but its comma and a comment behind it. */
function standsAlone(text: string, start: number, end: number): boolean {
  const before = text.slice(startOfLine(text, start), start);
  return (
    before.trim() === "" && /^\s*,?\s*(?:(?:\/\/|#).*|\/\*.*\*\/)?\s*$/.test(text.slice(end, endOfLine(text, end)))
  );
}

/** What stands between two entries without the comma, which may be behind comments. */
function withoutComma(between: string): string {
  return between.replace(/^((?:\s|\/\*[\s\S]*?\*\/|(?:\/\/|#).*(?:\r\n|\r|\n))*),/, "$1");
}

/** Writes a value in place of all that stands behind a key, a list or a mapping included. */
export function overwrite(document: ConfigDocument, path: string, value: EditValue): readonly TextEdit[] {
  const entry = entryAt(document.root, path);
  if (!entry || entry.merged) return [];
  const { start } = entry.valueSpan;
  return [edit(document, { start, end: trimmedEnd(document.text, entry) }, literal(document, value))];
}

/** Writes a number in place of a text that spells it, without quotes and so that every loader reads it as one. */
export function writeNumber(document: ConfigDocument, { span }: ScalarNode, value: number): TextEdit {
  return edit(document, span, portableNumber(value));
}

/** Names behind the last item of a list, each on a line of its own where the items are. */
function addNames(document: ConfigDocument, { value: list }: Entry, names: readonly string[]): readonly TextEdit[] {
  const last = list.kind === "list" ? list.items.at(-1) : undefined;
  if (list.kind !== "list" || !last) return [];
  const held = list.items.map((item) => (item.kind === "scalar" ? item.value : undefined));
  const lacking = names.filter((name) => !held.includes(name)).map((name) => literal(document, name));
  if (lacking.length === 0) return [];
  const { text } = document;
  const at = last.span.start + text.slice(last.span.start, last.span.end).trimEnd().length;
  if (text[list.span.start] === "[") return [addInFlow(document, { start: last.span.start, end: at }, lacking)];
  const before = text.slice(startOfLine(text, last.span.start), last.span.start);
  const lineEnd = endOfLine(text, at);
  return [
    edit(document, { start: lineEnd, end: lineEnd }, lacking.map((name) => endingOf(text) + before + name).join("")),
  ];
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
  const first = document.text[span.start] ?? "";
  if (document.format === "yaml" && /[|>]/.test(first)) {
    const { length } = document.text.slice(span.start, span.end).trimEnd();
    return edit(document, { start: span.start, end: span.start + length }, literal(document, value));
  }
  const inset = node.quoted && /["']/.test(first) ? 1 : 0;
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

/** An entry with its key. */
function placeOf({ text }: ConfigDocument, entry: Entry): Span {
  return { start: entry.keySpan.start, end: trimmedEnd(text, entry) };
}

/** The merge key of a mapping that has nothing else. */
function mergeOf({ text }: ConfigDocument, { span, flow }: MapNode): Span {
  const inset = flow ? 1 : 0;
  const [start, end] = [span.start + inset, span.end - inset];
  const inner = text.slice(start, end);
  return { start: start + inner.length - inner.trimStart().length, end: start + inner.trimEnd().length };
}

function insertBehind(document: ConfigDocument, { flow }: MapNode, place: Span, entries: NewEntries): TextEdit {
  const { text } = document;
  if (flow) return addInFlow(document, place, inBraces(document, entries, quoteAt(text, place)));
  const lineEnd = endOfLine(text, place.end);
  const lines = onLines(document, entries, indentAt(text, place)).map((line) => endingOf(text) + line);
  return edit(document, { start: lineEnd, end: lineEnd }, lines.join(""));
}

function replaceEntry(document: ConfigDocument, { flow }: MapNode, entry: Entry, entries: NewEntries): TextEdit {
  const { text } = document;
  const place = placeOf(document, entry);
  if (flow) return edit(document, place, inBraces(document, entries, quoteAt(text, place)).join(", "));
  return edit(document, place, onLines(document, entries, indentAt(text, place)).join(endingOf(text)).trimStart());
}

function quoteAt(text: string, { start }: Span): string {
  return /["']/.exec(text[start] ?? "")?.[0] ?? "";
}

function indentAt(text: string, { start }: Span): string {
  return " ".repeat(start - startOfLine(text, start));
}

/**
 * New entries in braces or brackets behind `anchor`: on lines of their own where it has one, behind the comment that belongs to it.
 */
function addInFlow(document: ConfigDocument, { start, end }: Span, written: readonly string[]): TextEdit {
  const { text } = document;
  const before = text.slice(startOfLine(text, start), start);
  const gap = before.trim() === "" ? endingOf(text) + before : " ";
  const lineEnd = endOfLine(text, end);
  const behind = text.slice(end, lineEnd);
  const comment = /^(\s*,)?\s*(?:(?:\/\/|#).*|\/\*.*\*\/\s*)$/.exec(behind);
  if (!comment || gap === " ")
    return edit(document, { start: end, end }, written.map((one) => `,${gap}${one}`).join(""));
  if (comment[1] !== undefined)
    return edit(document, { start: lineEnd, end: lineEnd }, written.map((one) => `${gap}${one},`).join(""));
  return edit(document, { start: end, end: lineEnd }, `,${behind}${gap}${written.join(`,${gap}`)}`);
}

function inBraces(document: ConfigDocument, entries: NewEntries, quote: string): readonly string[] {
  return [...entries].map(([key, value]) => {
    if (value instanceof Map) return `${quote}${key}${quote}: { ${inBraces(document, value, quote).join(", ")} }`;
    const written = isNames(value)
      ? `[${value.map((name) => literal(document, name)).join(", ")}]`
      : literal(document, value);
    return `${quote}${key}${quote}: ${written}`;
  });
}

function onLines(document: ConfigDocument, entries: NewEntries, indent: string): readonly string[] {
  return [...entries].flatMap(([key, value]) => {
    if (value instanceof Map) return [`${indent}${key}:`, ...onLines(document, value, `${indent}  `)];
    if (!isNames(value)) return [`${indent}${key}: ${literal(document, value)}`];
    return [`${indent}${key}:`, ...value.map((name) => `${indent}  - ${literal(document, name)}`)];
  });
}

/** How the lines of a text end: as the first one does. */
export function endingOf(text: string): string {
  return /\r\n|\r|\n/.exec(text)?.[0] ?? "\n";
}

/** The end of an entry's value without the line breaks and blanks that parsers count to it. */
function trimmedEnd(text: string, { valueSpan, keySpan, value }: Entry): number {
  let end = Math.max(valueSpan.end, keySpan.end);
  while (end > keySpan.end && /\s/.test(text[end - 1] ?? "")) end--;
  return value.kind === "scalar" && valueSpan.start === valueSpan.end ? Math.max(end, valueSpan.end) : end;
}

function startOfLine(text: string, from: number): number {
  return Math.max(text.lastIndexOf("\n", from - 1), text.lastIndexOf("\r", from - 1)) + 1;
}

function endOfLine(text: string, from: number): number {
  let end = from;
  while (end < text.length && text[end] !== "\n" && text[end] !== "\r") end++;
  return end;
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
