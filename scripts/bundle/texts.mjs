import { isNode } from "./syntax.mjs";

/**
 * What the code says: every template with the tag `t`, as a call with the text's place and its values.
 * @param {unknown} node
 * @param {(text: string) => string} placed the call that says the text, without what follows the place
 * @returns {Generator<import("./syntax.mjs").Change>}
 */
export function* textsIn(node, placed) {
  if (Array.isArray(node)) for (const part of node) yield* textsIn(part, placed);
  if (!isNode(node)) return;
  if (node.type === "TaggedTemplateExpression" && node.tag.type === "Identifier" && node.tag.name === "t") {
    const { quasis, expressions } = node.quasi;
    const ends = [...expressions.map(({ start }) => start), node.end];
    const starts = [node.start, ...expressions.map(({ end }) => end)];
    const call = placed(
      quasis.map(({ value }, index) => `${index > 0 ? `{${index - 1}}` : ""}${value.cooked}`).join(""),
    );
    for (const [index, start] of starts.entries()) {
      const comma = index > 0 && index < expressions.length ? ", " : "";
      const opening = index === 0 ? `${call}${expressions.length > 0 ? ", " : ""}` : comma;
      yield {
        start,
        end: ends[index] ?? node.end,
        replacement: `${opening}${index === expressions.length ? ")" : ""}`,
      };
    }
    yield* textsIn(expressions, placed);
  } else for (const part of Object.values(node)) yield* textsIn(part, placed);
}
