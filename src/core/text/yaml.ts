import {
  isAlias,
  isCollection,
  isMap,
  isScalar,
  isSeq,
  type Node,
  parseAllDocuments,
  Scalar,
  type YAMLMap,
} from "yaml";
import { t } from "../language.ts";
import {
  type ConfigDocument,
  type ConfigNode,
  configDocuments,
  type Entry,
  type MapNode,
  type ScalarNode,
  type TextProblem,
} from "./document.ts";
import { plainScalar } from "./scalar.ts";

/** They end lines, as line feeds do, which the parser does not know. */
const loneReturns = /\r(?!\n)/g;

/** Texts, lists and mappings, whatever tags say; `plainScalar` tells numbers from words. */
const plainValues = { schema: "failsafe", resolveKnownTags: false } as const;

/**
 * Reads YAML, half-typed or not: what the parser recovers is in the documents, what it stumbled over in their `problems`.
 * A stream gives a document for each that is a mapping. Aliases share the node of their anchor.
 */
export function parseYaml(text: string): readonly ConfigDocument[] {
  const problems: TextProblem[] = [];
  const roots: MapNode[] = [];
  const merges = { left: mostMerged };
  try {
    const options = { ...plainValues, uniqueKeys: false, strict: false, prettyErrors: false } as const;
    for (const document of parseAllDocuments(text.replace(loneReturns, "\n"), options)) {
      for (const { message, pos } of document.errors) {
        problems.push({ message: readable(message), span: { start: pos[0], end: Math.max(pos[0], pos[1]) } });
      }
      if (!isMap(document.contents)) continue;
      const root = nodeFrom(document.contents, { anchors: new Map(), merges });
      if (root.kind === "map") roots.push(root);
    }
    if (merges.left < 0) {
      const message = t`merge keys bring in more than ${mostMerged} keys; the others are left out`;
      problems.push({ message, span: { start: 0, end: 0 } });
    }
  } catch (error) {
    problems.push({ message: readable(String(error)), span: { start: 0, end: 0 } });
  }
  return configDocuments("yaml", text, roots, problems);
}

function readable(message: string): string {
  return message.includes("call stack") ? t`nested too deeply to read` : message;
}

/** What is known of a document while it is read. */
interface Reading {
  readonly anchors: Map<string, ConfigNode>;
  /** How many keys merge keys may still bring in, in all documents of the text. */
  readonly merges: { left: number };
}

/** More than any config merges; a few mappings that are merged into each other many times would fill the memory. */
const mostMerged = 100_000;

function nodeFrom(node: Node | null | undefined, reading: Reading, at = 0): ConfigNode {
  if (node === null || node === undefined) return emptyScalar(at);
  const span = spanOf(node, at);
  if (isAlias(node)) return reading.anchors.get(node.source) ?? emptyScalar(span.start);
  if (isScalar(node)) return remember(scalarFrom(node), node.anchor, reading.anchors);
  if (isSeq<Node>(node)) {
    const items = node.items.map((item) => nodeFrom(item, reading, span.end));
    return remember({ kind: "list", items, span }, node.anchor, reading.anchors);
  }
  if (isMap<Node, Node>(node)) {
    const flow = node.flow === true;
    return remember({ kind: "map", entries: entriesFrom(node, reading), flow, span }, node.anchor, reading.anchors);
  }
  return emptyScalar(span.start);
}

function spanOf(node: Node | null | undefined, at: number) {
  return { start: node?.range?.[0] ?? at, end: node?.range?.[1] ?? at };
}

function remember(node: ConfigNode, anchor: string | undefined, anchors: Reading["anchors"]): ConfigNode {
  if (anchor) anchors.set(anchor, node);
  return node;
}

function emptyScalar(at: number): ScalarNode {
  return { kind: "scalar", value: null, source: "", quoted: false, span: { start: at, end: at } };
}

function scalarFrom(node: Scalar): ScalarNode {
  const span = spanOf(node, 0);
  const text = typeof node.value === "string" ? node.value : "";
  if (node.type === Scalar.PLAIN) {
    const source = node.source ?? text;
    return { kind: "scalar", value: plainScalar(source), source, quoted: false, span };
  }
  return { kind: "scalar", value: text, source: node.source ?? text, quoted: true, span };
}

/** The entries of a mapping; those of a merge key (`<<: *base`) stand behind the mapping's own. */
function entriesFrom(map: YAMLMap<Node, Node>, reading: Reading): ReadonlyMap<string, Entry> {
  const entries = new Map<string, Entry>();
  const merged = new Map<string, Entry>();
  for (const { key, value } of map.items) {
    if (isCollection(key) || !key?.range) continue;
    const name = isScalar(key) ? String(key.value ?? "") : "";
    const keySpan = { start: key.range[0], end: key.range[1] };
    const node = nodeFrom(value, reading, keySpan.end);
    if (name === "<<") mergeInto(merged, node, reading);
    else entries.set(name, { key: name, keySpan, value: node, valueSpan: spanOf(value, keySpan.end), merged: false });
  }
  for (const [name, entry] of merged) if (!entries.has(name)) entries.set(name, entry);
  return entries;
}

/** Of several merged mappings the first that has a key wins, as the YAML merge type says. */
function mergeInto(merged: Map<string, Entry>, node: ConfigNode, { merges }: Reading): void {
  for (const map of node.kind === "list" ? node.items : [node]) {
    if (map.kind !== "map") continue;
    for (const [name, entry] of map.entries) {
      if (merges.left-- <= 0) return;
      if (!merged.has(name)) merged.set(name, { ...entry, merged: true });
    }
  }
}
