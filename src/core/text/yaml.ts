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

/** Texts, lists and mappings, whatever tags say; `plainScalar` tells numbers from words. */
const plainValues = { schema: "failsafe", resolveKnownTags: false } as const;

/**
 * Reads YAML, half-typed or not: what the parser recovers is in the documents, what it stumbled over in their `problems`.
 * A stream gives a document for each that is a mapping. Aliases share the node of their anchor.
 */
export function parseYaml(text: string): readonly ConfigDocument[] {
  const problems: TextProblem[] = [];
  const roots: MapNode[] = [];
  try {
    const options = { ...plainValues, uniqueKeys: false, strict: false, prettyErrors: false } as const;
    for (const document of parseAllDocuments(text, options)) {
      for (const { message, pos } of document.errors) {
        problems.push({ message: readable(message), span: { start: pos[0], end: Math.max(pos[0], pos[1]) } });
      }
      const root = isMap(document.contents) ? nodeFrom(document.contents, new Map()) : undefined;
      if (root?.kind === "map") roots.push(root);
    }
  } catch (error) {
    problems.push({ message: readable(String(error)), span: { start: 0, end: 0 } });
  }
  return configDocuments("yaml", text, roots, problems);
}

function readable(message: string): string {
  return message.includes("call stack") ? t`nested too deeply to read` : message;
}

type Anchors = Map<string, ConfigNode>;

function nodeFrom(node: Node | null | undefined, anchors: Anchors, at = 0): ConfigNode {
  if (node === null || node === undefined) return emptyScalar(at);
  const span = spanOf(node, at);
  if (isAlias(node)) return anchors.get(node.source) ?? emptyScalar(span.start);
  if (isScalar(node)) return remember(scalarFrom(node), node.anchor, anchors);
  if (isSeq<Node>(node)) {
    const items = node.items.map((item) => nodeFrom(item, anchors, span.end));
    return remember({ kind: "list", items, span }, node.anchor, anchors);
  }
  if (isMap<Node, Node>(node)) {
    const flow = node.flow === true;
    return remember({ kind: "map", ...entriesFrom(node, anchors), flow, span }, node.anchor, anchors);
  }
  return emptyScalar(span.start);
}

function spanOf(node: Node | null | undefined, at: number) {
  return { start: node?.range?.[0] ?? at, end: node?.range?.[1] ?? at };
}

function remember(node: ConfigNode, anchor: string | undefined, anchors: Anchors): ConfigNode {
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
function entriesFrom(map: YAMLMap<Node, Node>, anchors: Anchors): Pick<MapNode, "entries" | "displaced"> {
  const entries = new Map<string, Entry>();
  const displaced: Entry[] = [];
  const merged = new Map<string, Entry>();
  for (const { key, value } of map.items) {
    if (isCollection(key) || !key?.range) continue;
    const name = isScalar(key) ? String(key.value ?? "") : "";
    const keySpan = { start: key.range[0], end: key.range[1] };
    const node = nodeFrom(value, anchors, keySpan.end);
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
  if (node.kind === "list") for (const item of node.items) mergeInto(merged, item);
  if (node.kind !== "map") return;
  for (const [name, entry] of node.entries) if (!merged.has(name)) merged.set(name, { ...entry, merged: true });
}
