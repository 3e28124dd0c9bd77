import { isNode } from "./syntax.mjs";

/** Shorter data and strings are as short as what would stand in their place, or nearly. */
const worthwhile = { data: 18, string: 9 };

/**
 * The largest pieces of data that are made once, while modules are set up: expressions, and properties of objects; and long strings
 * wherever they are.
 * @param {unknown} node
 * @param {(value: unknown) => string} placed the code that takes the data from its place
 * @param {boolean} [once] whether the code around it runs once
 * @returns {Generator<import("./syntax.mjs").Change>}
 */
export function* dataIn(node, placed, once = true) {
  if (Array.isArray(node)) for (const part of node) yield* dataIn(part, placed, once);
  if (!isNode(node) || /^Import|^ExportAll/.test(node.type) || "directive" in node) return;
  const { start, end } = node;
  const value = once || node.type === "Literal" ? dataOf(node) : undefined;
  if (value !== undefined) {
    if (isWorthwhile(value)) yield { start, end, replacement: placed(value) };
  } else if (node.type === "ObjectExpression" && once) {
    for (const run of runsOf(node.properties)) {
      const value = dataOf({ type: "ObjectExpression", properties: run });
      const [first = node, last = first] = [run[0], run.at(-1)];
      if (value !== undefined && isWorthwhile(value)) {
        yield { start: first.start, end: last.end, replacement: `...${placed(value)}` };
      } else for (const property of run) yield* dataIn(property, placed);
    }
  } else {
    const runs = once && !/Function|Class/.test(node.type);
    for (const [name, part] of Object.entries(node))
      if (name !== "key" && name !== "source") yield* dataIn(part, placed, runs);
  }
}

/** @param {unknown} value */
function isWorthwhile(value) {
  if (typeof value === "string") return value.length >= worthwhile.string;
  return JSON.stringify(value).length >= worthwhile.data;
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
