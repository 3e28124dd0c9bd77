import { type Node, type ParseError, parseTree, printParseErrorCode } from "jsonc-parser";
import { type ConfigDocument, type ConfigNode, configDocuments, type Entry, type MapNode } from "./document.ts";

/** Reads JSON, with comments and trailing commas allowed; what the parser recovers of broken text is in the document. */
export function parseJson(text: string): readonly ConfigDocument[] {
  try {
    const errors: ParseError[] = [];
    const tree = parseTree(text, errors, { allowTrailingComma: true, disallowComments: false });
    const problems = errors.map(({ error, offset, length }) => ({
      message: printParseErrorCode(error),
      span: { start: offset, end: offset + length },
    }));
    const root = tree?.type === "object" ? [mapFrom(tree, text)] : [];
    return configDocuments("json", text, root, problems);
  } catch {
    // The parser descends into what it reads; nothing else in it throws.
    return [];
  }
}

function nodeFrom(node: Node, text: string): ConfigNode {
  const span = spanOf(node);
  if (node.type === "object") return mapFrom(node, text);
  if (node.type === "array") {
    return { kind: "list", items: (node.children ?? []).map((child) => nodeFrom(child, text)), span };
  }
  const quoted = node.type === "string";
  const source = quoted ? text.slice(span.start + 1, span.end - 1) : text.slice(span.start, span.end);
  return { kind: "scalar", value: node.value ?? null, source, quoted, span };
}

function mapFrom(node: Node, text: string): MapNode {
  const entries = new Map<string, Entry>();
  const displaced: Entry[] = [];
  for (const { children, colonOffset } of node.children ?? []) {
    const [key, written] = children ?? [];
    if (!key) continue;
    const keySpan = spanOf(key);
    const empty = colonOffset === undefined ? keySpan.end : colonOffset + 1;
    const valueSpan = written ? spanOf(written) : { start: empty, end: empty };
    const value: ConfigNode = written
      ? nodeFrom(written, text)
      : { kind: "scalar", value: null, source: "", quoted: false, span: valueSpan };
    const earlier = entries.get(key.value);
    if (earlier) displaced.push(earlier);
    entries.set(key.value, { key: key.value, keySpan, value, valueSpan, merged: false });
  }
  return { kind: "map", entries, displaced, flow: true, span: spanOf(node) };
}

function spanOf({ offset, length }: Node) {
  return { start: offset, end: offset + length };
}
