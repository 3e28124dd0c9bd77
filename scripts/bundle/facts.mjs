// What the extension knows of models, GPUs and the frameworks' keys, more than half of it all, lies beside its bundles in
// `dist/facts.json`; it loads them before it reads a config. The command line has them in its code.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { build } from "esbuild";

/**
 * What stands in a bundle for a table of that name.
 * @typedef {(name: string, source: string) => string} InPlace
 */

/** The tables in a file: at its top by their type, in a dialect by their name. */
const tablesInFile = [
  /^((?:export )?const (\w+) = )(\{(?:\n(?: .*)?)*\n\}) as const satisfies (?:Vocabulary|ChangeKeys|ModuleNamesByType)(;)$/gm,
  /^( {2}(keys|levers): )(\{ .* \}|\{(?:\n {3}.*)*\n {2}\})(,)$/gm,
];

/** This framework's telltales are made of its vocabulary while it is set up. */
const neededAtOnce = ["fsdpConfig.vocabulary"];

/**
 * Writes the facts, and returns what leaves them out of a bundle.
 * @returns {Promise<import("esbuild").Plugin>}
 */
export async function withoutFacts() {
  const { tables: all, gpus } = await evaluated((name, source) => `Object.assign(loadedTable("${name}"), ${source})`);
  // Levers can hold functions; such tables stay in the code.
  const plain = Object.entries(all).filter(([, table]) => isDeepStrictEqual(JSON.parse(JSON.stringify(table)), table));
  const tables = Object.fromEntries(plain);
  const models = JSON.parse(readFileSync("src/core/models/models.json", "utf8"));
  mkdirSync("dist", { recursive: true });
  writeFileSync(
    "dist/facts.json",
    JSON.stringify({ models, gpus: gpus.map((gpu) => ({ ...gpu, source: undefined })), tables }),
  );
  await evaluated((name, source) => (Object.hasOwn(tables, name) ? tooEarly(name) : source));
  return {
    name: "without-facts",
    setup(build) {
      tablesAs(build, (name, source) =>
        Object.hasOwn(tables, name) ? `/* @__PURE__ */ loadedTable("${name}")` : source,
      );
      build.onLoad({ filter: /[\\/]core[\\/]gpus[\\/]listed\.ts$/ }, () => ({
        contents: "export const listedGpus = [];",
      }));
      // No surface shows where a release's habits are told.
      build.onLoad({ filter: /[\\/]core[\\/]plan[\\/]releases\.ts$/ }, ({ path }) => ({
        contents: readFileSync(path, "utf8").replace(/\bsource: "(?:[^"\\]|\\.)*",?/g, ""),
        loader: "ts",
      }));
    },
  };
}

/**
 * @param {import("esbuild").PluginBuild} build
 * @param {InPlace} inPlace
 */
function tablesAs({ onLoad }, inPlace) {
  onLoad({ filter: /[\\/]src[\\/]core[\\/](?:dialects[\\/]\w+|models[\\/]moduleNames)\.ts$/ }, ({ path }) => {
    let contents = readFileSync(path, "utf8");
    for (const tables of tablesInFile) {
      contents = contents.replace(tables, (_, before, table, source, after) => {
        const name = `${basename(path, ".ts")}.${table}`;
        return `${before}${neededAtOnce.includes(name) ? source : inPlace(name, source)}${after}`;
      });
    }
    return { contents: `import { loadedTable } from "../dialects/tables.ts";\n${contents}`, loader: "ts" };
  });
}

/** A table that says so when code looks into it while modules are set up: bundles have it only later. */
function tooEarly(/** @type {string} */ name) {
  const refuse = `() => { throw new Error("${name} is read before it is loaded"); }`;
  return `new Proxy({}, { get: ${refuse}, ownKeys: ${refuse} })`;
}

/**
 * The core with something else for its tables.
 * @param {InPlace} inPlace
 * @returns {Promise<{ tables: Record<string, object>, gpus: readonly object[] }>}
 */
async function evaluated(inPlace) {
  const { outputFiles } = await build({
    stdin: {
      contents: `
        import "./src/core/analyze.ts";
        export { tables } from "./src/core/dialects/tables.ts";
        export { gpus } from "./src/core/gpus/catalogue.ts";`,
      resolveDir: ".",
    },
    bundle: true,
    format: "esm",
    plugins: [{ name: "tables", setup: (build) => tablesAs(build, inPlace) }],
    write: false,
  });
  const code = Buffer.from(outputFiles[0]?.contents ?? "").toString("base64");
  return import(`data:text/javascript;base64,${code}`);
}
