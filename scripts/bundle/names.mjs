import { readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { parse } from "acorn";
import { build } from "esbuild";
import { nodesIn } from "./syntax.mjs";

const require = createRequire(import.meta.url);

/**
 * The properties that the extension's core alone knows, and which may be called anything: none that the page, VS Code, a library or the
 * language has, or that stands in a text or in data. Words of one part may be keys that somebody else wrote, such as a kind of model.
 * @param {import("esbuild").BuildOptions} extension
 * @param {import("esbuild").BuildOptions} page
 */
export async function innerNames(extension, page) {
  const { outputFiles } = await build({ ...extension, write: false, minify: false });
  const { metafile } = await build({ ...page, write: false, metafile: true });
  const used = new Set();
  const others = new Set();
  for (const node of nodesIn(parse(outputFiles[0]?.text ?? "", { ecmaVersion: "latest" }))) {
    if (node.type === "MemberExpression" && !node.computed) used.add(node.property.name);
    if (node.type === "Property" && !node.computed && node.key.type === "Identifier") used.add(node.key.name);
    if (node.type === "Literal" && typeof node.value === "string") addWords(others, node.value);
    if (node.type === "TemplateElement") addWords(others, node.value.raw);
  }
  const packages = ["yaml", "jsonc-parser"].flatMap((name) => filesIn(join("node_modules", name)));
  const own = [...filesIn("src"), ...Object.keys(metafile.inputs)].filter((file) => !/^src[\\/]core/.test(file));
  const shared = Object.keys(metafile.inputs).filter((file) => /^src[\\/]core/.test(file));
  for (const file of [...own, ...shared, ...packages, require.resolve("@types/vscode/index.d.ts"), "dist/facts.json"]) {
    if (/\.(?:[cm]?[jt]s|json)$/.test(file)) addWords(others, readFileSync(file, "utf8"));
  }
  for (const name of languageNames()) others.add(name);
  const inner = [...used].filter((name) => /^[a-z]+[A-Z][A-Za-z]*$/.test(name) && !others.has(name));
  return new RegExp(`^(?:${inner.join("|")})$`);
}

/** @param {Set<string>} words */
function addWords(words, /** @type {string} */ text) {
  for (const word of text.match(/[A-Za-z_$][\w$]*/g) ?? []) words.add(word);
}

/** @param {string} folder */
function filesIn(folder) {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .map((file) => join(folder, file))
    .filter((file) => /\.(?:[cm]?[jt]s)$/.test(file));
}

/** What the language and Node call the properties of their own objects, and of what those make. */
function languageNames() {
  /** @type {Set<string>} */
  const names = new Set();
  const modules = ["node:child_process", "node:crypto", "node:fs", "node:os", "node:path", "node:url", "node:zlib"];
  const open = [globalThis, ...modules.map((name) => require(name))];
  const seen = new Set();
  for (let object = open.pop(); object !== undefined; object = open.pop()) {
    if (seen.has(object) || seen.size > 20_000) continue;
    seen.add(object);
    for (const [name, { value }] of Object.entries(Object.getOwnPropertyDescriptors(object))) {
      names.add(name);
      if ((typeof value === "object" && value !== null) || typeof value === "function") open.push(value);
    }
    const prototype = Object.getPrototypeOf(object);
    if (prototype) open.push(prototype);
  }
  return names;
}
