import { type Alias, isAlias, isScalar, isSeq, type ParsedNode, parseAllDocuments, Scalar, type YAMLMap } from "yaml";
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
import type { Span } from "./position.ts";
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
        problems.push({ message: readable(message), span: { start: pos[0], end: pos[1] } });
      }
      const root = document.contents && nodeFrom(document.contents, { anchors: new Map(), work });
      if (root?.kind === "map") roots.push(root);
    }
    if (work.isOver) {
      const message = t`aliases bring in more than ${formatCount(mostAliased)} values; the others are left empty`;
      problems.push({ message, span: { start: 0, end: 0 } });
    }
  } catch {
    // The parser descends into what it reads, and does not always notice that it is too deep.
    return [];
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

function nodeFrom(node: ParsedNode, reading: Reading): ConfigNode {
  const before = reading.work.nodes++;
  if (isAlias(node)) return aliased(node.source, reading) ?? emptyScalar(spanOf(node).start);
  const read = anchoredFrom(node, reading);
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

function anchoredFrom(node: Exclude<ParsedNode, Alias.Parsed>, reading: Reading): ConfigNode {
  const span = spanOf(node);
  if (isScalar(node)) return scalarFrom(node);
  if (isSeq(node)) return { kind: "list", items: node.items.map((item) => nodeFrom(item, reading)), span };
  return { kind: "map", ...entriesFrom(node, reading), flow: node.flow === true, span };
}

function spanOf({ range: [start, end] }: ParsedNode): Span {
  return { start, end };
}

function emptyScalar(at: number): ScalarNode {
  return { kind: "scalar", value: null, source: "", quoted: false, span: { start: at, end: at } };
}

function scalarFrom(node: Scalar.Parsed): ScalarNode {
  const { source } = node;
  const quoted = node.type !== Scalar.PLAIN;
  return { kind: "scalar", value: quoted ? source : plainScalar(source), source, quoted, span: spanOf(node) };
}

/** The entries of a mapping; those of a merge key (`<<: *base`) stand behind the mapping's own. */
function entriesFrom(map: YAMLMap.Parsed, reading: Reading): Pick<MapNode, "entries" | "displaced"> {
  const entries = new Map<string, Entry>();
  const displaced: Entry[] = [];
  const merged = new Map<string, Entry>();
  for (const { key, value } of map.items) {
    if (!isScalar(key)) continue;
    const { source: name } = key;
    const keySpan = spanOf(key);
    const node = value ? nodeFrom(value, reading) : emptyScalar(keySpan.end);
    const earlier = entries.get(name);
    if (name === "<<") mergeInto(merged, node);
    else {
      const valueSpan = value ? spanOf(value) : node.span;
      entries.set(name, { key: name, keySpan, value: node, valueSpan, merged: false });
    }
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
