// The extension's bundles are code alone. The data in its sources, such as the models, the GPUs and the frameworks' keys, lies
// beside them in `dist/facts.json`, which is read before anything else runs. The command line has it all in its code.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "acorn";
import { transform } from "esbuild";

/** Shorter data is as short as what would stand in its place, or nearly. */
const worthwhile = 30;

/** By its JSON, where each piece of data lies in the file. */
const places = new Map();

const besideFiles = /[\\/]src[\\/](?:core|features)[\\/].*\.(?:ts|json)$/;

/** For the extension's bundles: the data read, then the code, which registers the features. */
export const wrapper = {
  banner: `"use strict";
const { Uri, workspace } = require("vscode");
let facts;
const $fact = (place) => facts[place];
exports.activate = async (context) => {
const file = Uri.joinPath(context.extensionUri, "dist", "facts.json");
facts = JSON.parse(new TextDecoder().decode(await workspace.fs.readFile(file)));
const module = { exports: {} };
(() => {`,
  footer: `})();
return module.exports.activate(context);
};`,
};

/**
 * Takes the data out of a bundle's code, and writes it.
 * @returns {Promise<import("esbuild").Plugin>}
 */
export async function dataBeside() {
  // Once in order, so that a build is the same whatever order its files are loaded in.
  for (const file of readdirSync("src", { recursive: true, encoding: "utf8" }).sort()) {
    const path = join("src", file);
    if (besideFiles.test(`/${path}`)) await withoutData(path);
  }
  return {
    name: "data-beside",
    setup({ onLoad, onEnd }) {
      onLoad({ filter: besideFiles }, async ({ path }) => ({ contents: await withoutData(path), loader: "js" }));
      onEnd(() => {
        mkdirSync("dist", { recursive: true });
        writeFileSync("dist/facts.json", `[${[...places.keys()].join(",")}]`);
      });
    },
  };
}

/** The code of a file with places of data for data, line by line as it was. */
async function withoutData(/** @type {string} */ path) {
  const source = readFileSync(path, "utf8");
  if (path.endsWith(".json")) return `export default ${placed(JSON.parse(source))};`;
  const { code } = await transform(source, { loader: "ts", sourcefile: path, sourcemap: "inline", charset: "utf8" });
  let contents = "";
  let copied = 0;
  for (const { start, end, value, spread } of dataIn(parse(code, { ecmaVersion: "latest", sourceType: "module" }))) {
    const lines = "\n".repeat(code.slice(start, end).split("\n").length - 1);
    contents += `${code.slice(copied, start)}${spread ? "..." : ""}${placed(value)}${lines}`;
    copied = end;
  }
  return contents + code.slice(copied);
}

/** @returns {string} the code that takes the data from its place */
function placed(/** @type {unknown} */ value) {
  const json = JSON.stringify(value);
  if (!places.has(json)) places.set(json, places.size);
  return `/* @__PURE__ */ $fact(${places.get(json)})`;
}

/**
 * A piece of data in the code: an expression, or properties of an object with others that are none.
 * @typedef {{ start: number, end: number, value: unknown, spread?: boolean }} Piece
 */

/**
 * The largest pieces of data that are made once, while modules are set up.
 * @param {unknown} node
 * @returns {Generator<Piece>}
 */
function* dataIn(node) {
  if (Array.isArray(node)) for (const part of node) yield* dataIn(part);
  if (!isNode(node) || /Function|Class|Import|ExportAll/.test(node.type)) return;
  const value = /^(?:Array|Object)Expression$/.test(node.type) ? dataOf(node) : undefined;
  if (value !== undefined) {
    if (isWorthwhile(value)) yield { start: node.start, end: node.end, value };
  } else if (node.type === "ObjectExpression") {
    for (const run of runsOf(node.properties)) {
      const value = dataOf({ type: "ObjectExpression", properties: run });
      const [first = node, last = first] = [run[0], run.at(-1)];
      if (value !== undefined && isWorthwhile(value)) yield { start: first.start, end: last.end, value, spread: true };
      else for (const property of run) yield* dataIn(property);
    }
  } else for (const part of Object.values(node)) yield* dataIn(part);
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

/**
 * @param {unknown} value
 * @returns {value is import("acorn").AnyNode}
 */
function isNode(value) {
  return typeof value === "object" && value !== null && "type" in value && typeof value.type === "string";
}
