import { isNode } from "./syntax.mjs";

/** Shorter data is as short as what would stand in its place, or nearly. */
const worthwhile = 30;

/**
 * The largest pieces of data that are made once, while modules are set up: expressions, and properties of objects.
 * @param {unknown} node
 * @param {(value: unknown) => string} placed the code that takes the data from its place
 * @returns {Generator<import("./syntax.mjs").Change>}
 */
export function* dataIn(node, placed) {
  if (Array.isArray(node)) for (const part of node) yield* dataIn(part, placed);
  if (!isNode(node) || /Function|Class|Import|ExportAll/.test(node.type)) return;
  const value = /^(?:Array|Object)Expression$/.test(node.type) ? dataOf(node) : undefined;
  if (value !== undefined) {
    if (isWorthwhile(value)) yield { start: node.start, end: node.end, replacement: placed(value) };
  } else if (node.type === "ObjectExpression") {
    for (const run of runsOf(node.properties)) {
      const value = dataOf({ type: "ObjectExpression", properties: run });
      const [first = node, last = first] = [run[0], run.at(-1)];
      if (value !== undefined && isWorthwhile(value)) {
        yield { start: first.start, end: last.end, replacement: `...${placed(value)}` };
      } else for (const property of run) yield* dataIn(property, placed);
    }
  } else for (const part of Object.values(node)) yield* dataIn(part, placed);
}

function isWorthwhile(/** @type {unknown} */ value) {
  return JSON.stringify(value).length >= worthwhile;
}

/**
 * Properties, with neighbours together that are data, and the others alone.
 * @param {readonly import("acorn").AnyNode[]} properties
 */
function runsOf(properties) {
  /** @type {import("acorn").AnyNode[][]} */
  const runs = [];
  let open = false;
  for (const property of properties) {
    const isData = dataOf({ type: "ObjectExpression", properties: [property] }) !== undefined;
    if (isData && open) runs.at(-1)?.push(property);
    else runs.push([property]);
    open = isData;
  }
  return runs;
}

/**
 * What an expression of literals alone stands for; undefined for any other.
 * @param {any} node
 * @returns {unknown}
 */
function dataOf(node) {
  switch (node?.type) {
    case "Literal":
      return node.regex || node.bigint ? undefined : node.value;
    case "UnaryExpression": {
      const value = dataOf(node.argument);
      return node.operator === "-" && typeof value === "number" ? -value : undefined;
    }
    case "ArrayExpression": {
      const items = node.elements.map(dataOf);
      return items.includes(undefined) ? undefined : items;
    }
    case "ObjectExpression": {
      const entries = node.properties.map((/** @type {any} */ property) => [
        property.type === "Property" && !property.computed
          ? (property.key.name ?? String(property.key.value))
          : undefined,
        dataOf(property.value),
      ]);
      return entries.flat(1).includes(undefined) ? undefined : Object.fromEntries(entries);
    }
    default:
      return undefined;
  }
}
