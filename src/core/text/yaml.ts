import {
  type Alias,
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
import { formatCount } from "../units.ts";
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
  const work = { nodes: 0, aliased: 0, isOver: false };
  try {
    const options = { ...plainValues, uniqueKeys: false, strict: false, prettyErrors: false } as const;
    for (const document of parseAllDocuments(text.replace(loneReturns, "\n"), options)) {
      for (const { message, pos } of document.errors) {
        problems.push({ message: readable(message), span: { start: pos[0], end: Math.max(pos[0], pos[1]) } });
      }
      if (!isMap(document.contents)) continue;
      const root = nodeFrom(document.contents, { anchors: new Map(), work });
      if (root.kind === "map") roots.push(root);
    }
    if (work.isOver) {
      const message = t`aliases bring in more than ${formatCount(mostAliased)} values; the others are left empty`;
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
  /** With the number of values in each, those behind its aliases included. */
  readonly anchors: Map<string, { readonly node: ConfigNode; readonly nodes: number }>;
  /** Of all documents of the text: values that were read, those that aliases brought in, and whether that was too much. */
  readonly work: { nodes: number; aliased: number; isOver: boolean };
}

/** More than any config repeats; a few lines of aliases to aliases stand for more values than the memory holds. */
const mostAliased = 100_000;

function nodeFrom(node: Node | null | undefined, reading: Reading, at = 0): ConfigNode {
  const before = reading.work.nodes++;
  if (node === null || node === undefined) return emptyScalar(at);
  if (isAlias(node)) return aliased(node.source, reading) ?? emptyScalar(spanOf(node, at).start);
  const read = anchoredFrom(node, reading, at);
  if (node.anchor) reading.anchors.set(node.anchor, { node: read, nodes: reading.work.nodes - before });
  return read;
}

/** What an alias stands for; undefined for one of nothing, of what it stands in, or beyond what a text may repeat. */
function aliased(name: string, { anchors, work }: Reading): ConfigNode | undefined {
  const anchored = anchors.get(name);
  if (!anchored) return undefined;
  if (work.aliased + anchored.nodes > mostAliased) {
    work.isOver = true;
    return undefined;
  }
  work.aliased += anchored.nodes;
  work.nodes += anchored.nodes;
  return anchored.node;
}

function anchoredFrom(node: Exclude<Node, Alias>, reading: Reading, at: number): ConfigNode {
  const span = spanOf(node, at);
  if (isScalar(node)) return scalarFrom(node);
  if (isSeq<Node>(node))
    return { kind: "list", items: node.items.map((item) => nodeFrom(item, reading, span.end)), span };
  if (isMap<Node, Node>(node)) {
    return { kind: "map", ...entriesFrom(node, reading), flow: node.flow === true, span };
  }
  return emptyScalar(span.start);
}

function spanOf(node: Node | null | undefined, at: number) {
  return { start: node?.range?.[0] ?? at, end: node?.range?.[1] ?? at };
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
function entriesFrom(map: YAMLMap<Node, Node>, reading: Reading): Pick<MapNode, "entries" | "displaced"> {
  const entries = new Map<string, Entry>();
  const displaced: Entry[] = [];
  const merged = new Map<string, Entry>();
  for (const { key, value } of map.items) {
    if (isCollection(key) || !key?.range) continue;
    const name = isScalar(key) ? String(key.value ?? "") : "";
    const keySpan = { start: key.range[0], end: key.range[1] };
    const node = nodeFrom(value, reading, keySpan.end);
    const earlier = entries.get(name);
    if (name === "<<") mergeInto(merged, node);
    else entries.set(name, { key: name, keySpan, value: node, valueSpan: spanOf(value, keySpan.end), merged: false });
    if (earlier) displaced.push(earlier);
  }
  for (const [name, entry] of merged) if (!entries.has(name)) entries.set(name, entry);
  return { entries, displaced };
}

/** Of several merged mappings the first that has a key wins, as the YAML merge type says. */
function mergeInto(merged: Map<string, Entry>, node: ConfigNode): void {
  for (const map of node.kind === "list" ? node.items : [node]) {
    if (map.kind !== "map") continue;
    for (const [name, entry] of map.entries) if (!merged.has(name)) merged.set(name, { ...entry, merged: true });
  }
}
