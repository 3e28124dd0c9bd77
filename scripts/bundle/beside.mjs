// The extension's bundles are code alone. The data in its sources, such as the models, the GPUs and the frameworks' keys, and what
// it says lie beside them in `dist/facts.json`, which is read before anything else runs; so the texts can be in the reader's
// language from the start. The command line has it all in its code, in English.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "acorn";
import { transform } from "esbuild";
import { dataIn } from "./data.mjs";
import { textsIn } from "./texts.mjs";

const files = /[\\/]src[\\/](?:core|features)[\\/].*\.(?:ts|json)$/;

/** For the extension's bundles: what lies beside them is read, then their code runs, which registers the features. */
export const wrapper = {
  banner: `"use strict";
const { l10n, Uri, workspace } = require("vscode");
let data, texts;
const $d = (place) => data[place];
const $t = (place, ...values) => texts[place].replace(/\\{(\\d+)\\}/g, (_, index) => String(values[index]));
exports.activate = async (context) => {
const file = Uri.joinPath(context.extensionUri, "dist", "facts.json");
({ data, texts } = JSON.parse(new TextDecoder().decode(await workspace.fs.readFile(file))));
texts = texts.map((text) => l10n.bundle?.[text] ?? text);
const module = { exports: {} };
((undefined) => {`,
  footer: `})();
return module.exports.activate(context);
};`,
};

/** Pieces of data by their JSON, and texts: where each lies in the file. */
const data = new Map();
const texts = new Map();

/** How often each is asked for. */
const asked = new Map();

/**
 * Takes data and texts out of a bundle's code, and writes them.
 * @returns {Promise<import("esbuild").Plugin>}
 */
export async function factsBeside() {
  // Once in order, so that a build is the same in whatever order its files are loaded.
  for (const file of readdirSync("src", { recursive: true, encoding: "utf8" }).sort()) {
    const path = join("src", file);
    if (files.test(`/${path}`)) await bare(path);
  }
  // The shortest places for what is asked for most.
  for (const places of [data, texts]) {
    const order = [...places.keys()].sort((a, b) => asked.get(b) - asked.get(a));
    for (const [place, key] of order.entries()) places.set(key, place);
  }
  return {
    name: "facts-beside",
    setup({ onLoad, onEnd }) {
      onLoad({ filter: files }, async ({ path }) => ({ contents: await bare(path), loader: "js" }));
      onEnd(() => {
        mkdirSync("dist", { recursive: true });
        const all = `{"data":[${inOrder(data).join(",")}],"texts":${JSON.stringify(inOrder(texts))}}`;
        writeFileSync("dist/facts.json", all);
      });
    },
  };
}

/** The code of a file with places of data and texts instead of them, line by line as it was. */
async function bare(/** @type {string} */ path) {
  const source = readFileSync(path, "utf8");
  if (path.endsWith(".json")) return `export default ${dataPlace(JSON.parse(source))};`;
  const { code } = await transform(source, { loader: "ts", sourcefile: path, sourcemap: "inline", charset: "utf8" });
  const program = parse(code, { ecmaVersion: "latest", sourceType: "module" });
  const changes = [...dataIn(program, dataPlace), ...textsIn(program, textPlace)].sort((a, b) => a.start - b.start);
  let contents = "";
  let copied = 0;
  for (const { start, end, replacement } of changes) {
    const lines = "\n".repeat(code.slice(start, end).split("\n").length - 1);
    contents += `${code.slice(copied, start)}${replacement}${lines}`;
    copied = end;
  }
  return contents + code.slice(copied);
}

function dataPlace(/** @type {unknown} */ value) {
  return `/* @__PURE__ */ $d(${placeIn(data, JSON.stringify(value))})`;
}

function textPlace(/** @type {string} */ text) {
  return `/* @__PURE__ */ $t(${placeIn(texts, text)}`;
}

/**
 * @param {Map<string, number>} places
 * @param {string} key
 */
function placeIn(places, key) {
  const place = places.get(key) ?? places.size;
  places.set(key, place);
  asked.set(key, (asked.get(key) ?? 0) + 1);
  return place;
}

/** @param {Map<string, number>} places */
function inOrder(places) {
  return [...places].sort(([, a], [, b]) => a - b).map(([key]) => key);
}
