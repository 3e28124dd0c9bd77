import { type Node, type ParseError, parseTree, printParseErrorCode } from "jsonc-parser";
import { type ConfigDocument, type ConfigNode, configDocument, type Entry } from "./document.ts";

/** Reads JSON, with comments and trailing commas allowed; what the parser recovers of broken text is in the document. */
export function parseJson(text: string): ConfigDocument {
  try {
    const errors: ParseError[] = [];
    const tree = parseTree(text, errors, { allowTrailingComma: true, disallowComments: false });
    const problems = errors.map(({ error, offset, length }) => ({
      message: printParseErrorCode(error),
      span: { start: offset, end: offset + length },
    }));
    return configDocument("json", text, tree && nodeFrom(tree, text), problems);
  } catch (error) {
    const message = error instanceof RangeError ? "nested too deeply to read" : String(error);
    return configDocument("json", text, undefined, [{ message, span: { start: 0, end: 0 } }]);
  }
}

function nodeFrom(node: Node, text: string): ConfigNode {
  const span = { start: node.offset, end: node.offset + node.length };
  if (node.type === "array") {
    return { kind: "list", items: (node.children ?? []).map((child) => nodeFrom(child, text)), span };
  }
  if (node.type === "object") {
    const entries = new Map<string, Entry>();
    for (const { children } of node.children ?? []) {
      const [key, value] = children ?? [];
      if (!key || typeof key.value !== "string") continue;
      const keySpan = { start: key.offset, end: key.offset + key.length };
      const empty = {
        kind: "scalar",
        value: null,
        source: "",
        quoted: false,
        span: { start: keySpan.end, end: keySpan.end },
      };
      entries.set(key.value, { key: key.value, keySpan, value: value ? nodeFrom(value, text) : (empty as ConfigNode) });
    }
    return { kind: "map", entries, span };
  }
  const quoted = node.type === "string";
  const source = quoted ? text.slice(span.start + 1, span.end - 1) : text.slice(span.start, span.end);
  return { kind: "scalar", value: node.value ?? null, source, quoted, span };
}
