import {
  type ConfigDocument,
  type Entry,
  entryAt,
  type Found,
  foundAt,
  type MapNode,
  type ScalarNode,
} from "./document.ts";
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
    const found = foundAt([document.root], path);
    const own = found?.entry.merged ? undefined : found;
    const [map, [key, ...keys]] = deepest(document.root, path.split("."));
    if (value === null) {
      if (own) for (const entry of allOf(own)) removed.set(entry, own.map);
    } else if (own) {
      edits.push(...(isNames(value) ? addNames(document, own.entry, value) : replaceValue(document, own, value)));
    } else if (key !== undefined && map.entries.get(key)?.merged !== false) {
      const entries: NewEntries = added.get(map) ?? new Map();
      added.set(map, entries);
      enter(entries, key, keys, value);
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
  return [...places.values()].map((all) =>
    all
      .sort((a, b) => indentOf(b) - indentOf(a))
      .reduce((before, { range, newText }) => ({ range, newText: before.newText + newText })),
  );
}

/** What goes in on the line itself stands in front of all lines. */
function indentOf({ newText }: TextEdit): number {
  return /^[\r\n]/.test(newText) ? newText.search(/[^\r\n ]/) : Number.MAX_VALUE;
}

function isNames(value: KeyEdit | NewEntries): value is readonly string[] {
  return Array.isArray(value);
}

type NewEntries = Map<string, EditValue | readonly string[] | NewEntries>;

function enter(
  entries: NewEntries,
  key: string,
  [next, ...keys]: readonly string[],
  value: EditValue | readonly string[],
): void {
  if (next === undefined) {
    entries.set(key, value);
    return;
  }
  const found = entries.get(key);
  const inner: NewEntries = found instanceof Map ? found : new Map();
  entries.set(key, inner);
  enter(inner, next, keys, value);
}

/** An entry and those that it displaces. */
function allOf({ entry, map }: Found): readonly Entry[] {
  return [entry, ...map.displaced.filter(({ key }) => key === entry.key)];
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

/** The whole lines that a stretch of a text is on; the first one leaves its break where a byte order mark would come to stand first. */
function linesOf(text: string, start: number, end: number): Span {
  const lineStart = startOfLine(text, start);
  const lineEnd = endOfLine(text, end);
  const next = text.startsWith("\r\n", lineEnd) ? lineEnd + 2 : Math.min(lineEnd + 1, text.length);
  return { start: lineStart, end: lineStart === 0 && text[next] === byteOrderMark ? lineEnd : next };
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
  const { start, end } = entry.valueSpan;
  if (start === end) return [fill(document, entry, entry.valueSpan, value)];
  return [edit(document, { start, end: trimmedEnd(document.text, entry) }, literal(document, value))];
}

/** Writes a number in place of a text that spells it, without quotes and so that every loader reads it as one. */
export function writeNumber(document: ConfigDocument, { span }: ScalarNode, value: number): TextEdit {
  return edit(document, span, portableNumber(value));
}

/** Names behind the last item of a list, each on a line of its own where the items are. */
function addNames(document: ConfigDocument, { value: list }: Entry, names: readonly string[]): readonly TextEdit[] {
  if (list.kind !== "list") return [];
  const last = list.items.at(-1);
  if (!last) return [];
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

function replaceValue(document: ConfigDocument, { entry, ancestors }: Found, value: EditValue): readonly TextEdit[] {
  const node = definitionOf(entry.value, ancestors);
  if (node.kind !== "scalar") return [];
  const span = node === entry.value ? entry.valueSpan : node.span;
  if (span.start === span.end) return [fill(document, entry, span, value)];
  return [replaceScalar(document, node, span, value)];
}

/** A value where there is none, apart from what is on either side, and behind a colon. */
function fill(document: ConfigDocument, { keySpan }: Entry, span: Span, value: EditValue): TextEdit {
  const colon = span.start === keySpan.end ? ":" : "";
  const gap = /\s/.test(document.text[span.start - 1] ?? "") ? "" : " ";
  const comment = document.text[span.end] === "#" ? " " : "";
  return edit(document, span, colon + gap + literal(document, value) + comment);
}

/** Another value for a scalar, within its quotes if it has any and in its notation if it is a number. */
function replaceScalar(document: ConfigDocument, { source }: ScalarNode, span: Span, value: EditValue): TextEdit {
  const written = document.text.slice(span.start, span.end);
  if (/^[|>]/.test(written)) {
    return edit(document, { start: span.start, end: span.start + written.trimEnd().length }, literal(document, value));
  }
  const inset = /^["']/.test(written) ? 1 : 0;
  const inner = { start: span.start + inset, end: span.end - inset };
  if (typeof value === "number") return edit(document, inner, numberLike(source, value));
  if (typeof value === "boolean" && ["True", "False"].includes(source))
    return edit(document, inner, value ? "True" : "False");
  return edit(document, inner, inset > 0 ? String(value) : literal(document, value));
}

/** The innermost mapping that is there on the way along `keys`, and those that are missing in it. */
function deepest(map: MapNode, keys: readonly string[]): readonly [map: MapNode, missing: readonly string[]] {
  const inner = map.entries.get(keys[0] ?? "")?.value;
  return inner?.kind === "map" ? deepest(inner, keys.slice(1)) : [map, keys];
}

/** An entry with its key. */
function placeOf({ text }: ConfigDocument, entry: Entry): Span {
  return { start: entry.keySpan.start, end: trimmedEnd(text, entry) };
}

/** The merge key of a mapping that has nothing else, or the place behind the first brace of an empty one. */
function mergeOf({ text }: ConfigDocument, { span, flow }: MapNode): Span {
  const inset = flow ? 1 : 0;
  const from = span.start + inset;
  const inner = text.slice(from, span.end - inset);
  const merge = inner.indexOf("<<");
  const { length } = flow && merge < 0 ? "" : inner.trimEnd();
  return { start: from + Math.max(0, merge), end: from + length };
}

function insertBehind(document: ConfigDocument, { flow }: MapNode, place: Span, entries: NewEntries): TextEdit {
  const { text } = document;
  if (flow) {
    const written = inBraces(document, entries, quoteAt(document, place));
    return place.start === place.end ? edit(document, place, written.join(", ")) : addInFlow(document, place, written);
  }
  const lineEnd = endOfLine(text, place.end);
  const lines = onLines(document, entries, indentAt(text, place)).map((line) => endingOf(text) + line);
  return edit(document, { start: lineEnd, end: lineEnd }, lines.join(""));
}

function replaceEntry(document: ConfigDocument, { flow }: MapNode, entry: Entry, entries: NewEntries): TextEdit {
  const { text } = document;
  const place = placeOf(document, entry);
  if (flow) return edit(document, place, inBraces(document, entries, quoteAt(document, place)).join(", "));
  return edit(document, place, onLines(document, entries, indentAt(text, place)).join(endingOf(text)).trimStart());
}

/** The quotes of the key at a place; those of JSON where there is none. */
function quoteAt({ format, text }: ConfigDocument, { start }: Span): string {
  return format === "json" ? '"' : (/["']/.exec(text[start] ?? "")?.[0] ?? "");
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

/** The end of an entry's value without the line breaks and blanks that parsers count to it; where it begins if it is empty. */
function trimmedEnd(text: string, { valueSpan, keySpan }: Entry): number {
  return Math.max(valueSpan.start, keySpan.end + text.slice(keySpan.end, valueSpan.end).trimEnd().length);
}

/** Not part of the text where it stands first. */
const byteOrderMark = "\uFEFF";

function startOfLine(text: string, from: number): number {
  const start = Math.max(text.lastIndexOf("\n", from - 1), text.lastIndexOf("\r", from - 1)) + 1;
  return start === 0 && text.startsWith(byteOrderMark) ? 1 : start;
}

function endOfLine(text: string, from: number): number {
  let end = from;
  while (end < text.length && text[end] !== "\n" && text[end] !== "\r") end++;
  return end;
}

/** The value as a new key of this file would be written. */
function literal({ format }: ConfigDocument, value: EditValue): string {
  if (typeof value === "number") return portableNumber(value);
  const isBare = format === "yaml" && /^[A-Za-z_][\w./-]*$/.test(String(value));
  return isBare ? String(value) : JSON.stringify(value);
}

function edit(document: ConfigDocument, span: Span, newText: string): TextEdit {
  return { range: document.rangeOf(span), newText };
}
