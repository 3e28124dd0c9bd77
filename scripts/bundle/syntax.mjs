/**
 * What takes the place of some code.
 * @typedef {{ start: number, end: number, replacement: string }} Change
 */

/**
 * @param {unknown} value
 * @returns {value is import("acorn").AnyNode}
 */
export function isNode(value) {
  return typeof value === "object" && value !== null && "type" in value && typeof value.type === "string";
}

/**
 * @param {unknown} node
 * @returns {Generator<any>}
 */
export function* nodesIn(node) {
  if (Array.isArray(node)) for (const part of node) yield* nodesIn(part);
  if (!isNode(node)) return;
  yield node;
  yield* nodesIn(Object.values(node));
}
