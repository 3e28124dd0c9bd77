// The extension's bundles are code alone. The data in its sources, such as the models, the GPUs and the frameworks' keys, and what it
// says lie beside them in `dist/facts.json`, which is read before that code runs; so the texts can be in the reader's language from
// the start. Before all of it run the first lines, src/activation.ts. The command line has everything in its code, in English.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "acorn";
import { build, transform } from "esbuild";
import { dataIn } from "./data.mjs";
import { textsIn } from "./texts.mjs";

/** Our own, and of yaml what says why a text is none. */
const files =
  /[\\/](?:src[\\/](?:core|features)[\\/].*\.(?:ts|json)|yaml[\\/]browser[\\/]dist[\\/]compose[\\/][\w-]+\.js)$/;

/** VS Code's API, and where the code of a bundle asks for data and texts. */
const places = `"use strict";
const $vscode = require('vscode');
let data, texts;
const $d = (place) => data[place];
const $t = (place, ...values) => texts[place].replace(/\\{(\\d+)\\}/g, (_, index) => String(values[index]));
const $read = (bytes) => {
({ data, texts } = JSON.parse(new TextDecoder().decode(bytes)));
texts = texts.map((text) => $vscode.l10n.bundle?.[text] ?? text);
};`;

/** In Node what lies beside a bundle is read at once: what VS Code reads goes through its window, which has much to do when it opens. */
export const inNode = {
  banner: {
    js: `${places}
$read(require("node:fs").readFileSync(require("node:path").join(__dirname, "facts.json")));
((undefined) => {`,
  },
  footer: { js: "})();" },
};

/**
 * The extension in Node: its first lines, which load `file` when there is something for it.
 * @param {string} first from `firstLines`
 * @param {string} file
 */
export function firstInNode(first, file) {
  return `"use strict";
const $vscode = require("vscode");
${first}
exports.activate = (context) => activateFirst(context, async () => require(${JSON.stringify(file)}).activate(context));`;
}

/** The web worker has one file for all: its first lines, from `firstLines`, and the rest in a function. */
export function inWorker(/** @type {string} */ first) {
  return {
    banner: {
      js: `${places}
${first}
const load = async (context) => {
$read(await $vscode.workspace.fs.readFile($vscode.Uri.joinPath(context.extensionUri, "dist", "facts.json")));
const module = { exports: {} };
((undefined) => {`,
    },
    footer: {
      js: `})();
module.exports.activate(context);
};
exports.activate = (context) => activateFirst(context, () => load(context));`,
    },
  };
}

/** The code of src/activation.ts, which knows the telltale keys of the dialects and nothing else of them. */
export async function firstLines() {
  const dialects = join("src", "core", "dialects", "index.ts");
  const { outputFiles } = await build({ entryPoints: [dialects], bundle: true, format: "esm", write: false });
  const { telltale } = await import(`data:text/javascript,${encodeURIComponent(outputFiles[0]?.text ?? "")}`);
  const source = readFileSync(join("src", "activation.ts"), "utf8");
  const define = { TELLTALES: JSON.stringify(telltale.source) };
  const { code } = await transform(source, { loader: "ts", define, charset: "utf8" });
  return code
    .replace(/^import (\{[^}]*\}) from "vscode";/m, "const $1 = $vscode;")
    .replace(/^export (?=function activateFirst)/m, "");
}

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
  for (const folder of ["src", join("node_modules", "yaml", "browser", "dist")]) {
    for (const file of readdirSync(folder, { recursive: true, encoding: "utf8" }).sort()) {
      const path = join(folder, file);
      if (files.test(`/${path}`)) await bare(path);
    }
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
