// Bundles the extension for both hosts, the panel's page, the command line and, with --tests, the suites that run inside
// VS Code. `--production` minifies and collects the
// licences of what is bundled; `--watch` goes on.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { build as buildOnce, context } from "esbuild";

const production = process.argv.includes("--production");
const watch = process.argv.includes("--watch");

/** @type {import("esbuild").BuildOptions} */
const shared = {
  bundle: true,
  minify: production,
  sourcemap: production ? false : "linked",
  target: "es2022",
  charset: "utf8",
  logLevel: "warning",
  legalComments: "none",
};

/**
 * The frameworks' vocabularies, a third of all code in the extension, stay out of its bundles; `writeFacts` puts them beside them, and
 * the extension loads them before it reads a config. So do the sources of facts that no surface shows.
 * @type {import("esbuild").Plugin}
 */
const withoutVocabularies = {
  name: "without-vocabularies",
  setup({ onLoad }) {
    onLoad({ filter: /[\\/]src[\\/]core[\\/]dialects[\\/]\w+\.ts$/ }, ({ path }) => {
      const code = readFileSync(path, "utf8");
      const id = /^ {2}id: "(.*)",$/m.exec(code)?.[1];
      // A dialect may need its vocabulary already while it is being set up.
      if (!id || code.includes("Object.keys(vocabulary)")) return { contents: code, loader: "ts" };
      const contents = code.replace(
        /^const vocabulary = \{$[\s\S]*?^\} as const satisfies Vocabulary;$/m,
        `import { loadedVocabulary } from "./vocabulary.ts";\nconst vocabulary = loadedVocabulary("${id}");`,
      );
      return { contents, loader: "ts" };
    });
    onLoad({ filter: /[\\/]core[\\/]gpus[\\/]\w+\.json$/ }, ({ path }) => ({
      contents: JSON.stringify(
        JSON.parse(readFileSync(path, "utf8"), (key, value) => (key === "source" ? undefined : value)),
      ),
      loader: "json",
    }));
    onLoad({ filter: /[\\/]core[\\/]plan[\\/]releases\.ts$/ }, ({ path }) => ({
      contents: readFileSync(path, "utf8").replace(/\bsource: "(?:[^"\\]|\\.)*",?/g, ""),
      loader: "ts",
    }));
  },
};

/**
 * The parser of YAML without what writes YAML, and without the types of values that the failsafe schema, with which configs are
 * read, does not have.
 * @type {import("esbuild").Plugin}
 */
const withoutYamlWriter = {
  name: "without-yaml-writer",
  setup({ onLoad }) {
    const unused =
      /[\\/]yaml[\\/]browser[\\/]dist[\\/](?:stringify|schema[\\/]core|schema[\\/]json|schema[\\/]yaml-1\.1)[\\/]\w+\.js$/;
    onLoad({ filter: unused }, ({ path }) => {
      if (path.endsWith("merge.js")) return undefined;
      const names = /^export \{ (.*) \};$/m.exec(readFileSync(path, "utf8"))?.[1]?.split(", ") ?? [];
      return { contents: names.map((name) => `export const ${name} = undefined;`).join("\n") };
    });
  },
};

/**
 * For Node: packages as ES modules, of which what is not used is left out. yaml offers them to browsers only.
 * @type {import("esbuild").BuildOptions}
 */
const onNode = {
  platform: "node",
  mainFields: ["module", "main"],
  alias: { yaml: join(process.cwd(), "node_modules", "yaml", "browser", "index.js") },
};

/** @type {import("esbuild").BuildOptions} */
const inVsCode = { ...shared, format: "cjs", external: ["vscode"], plugins: [withoutVocabularies, withoutYamlWriter] };

/** @type {import("esbuild").BuildOptions[]} */
const bundles = [
  { ...inVsCode, ...onNode, entryPoints: ["src/extension.ts"], outfile: "dist/extension.js" },
  { ...inVsCode, platform: "browser", entryPoints: ["src/extension.ts"], outfile: "dist/web/extension.js" },
  { ...shared, platform: "browser", format: "iife", entryPoints: ["src/webview/main.ts"], outfile: "dist/webview.js" },
  { ...shared, entryPoints: ["src/webview/style.css"], outfile: "dist/webview.css" },
  {
    ...shared,
    ...onNode,
    format: "cjs",
    plugins: [withoutYamlWriter],
    entryPoints: ["src/cli.ts"],
    outfile: "dist/cli.js",
    banner: { js: "#!/usr/bin/env node" },
  },
];

if (process.argv.includes("--tests")) {
  // Mocha's browser build exports itself from the bundle that it is in: what the host is to find is set at the end.
  /** @type {import("esbuild").BuildOptions} */
  const suite = { ...inVsCode, format: "iife", globalName: "suite", footer: { js: "module.exports = suite;" } };
  bundles.push(
    { ...suite, platform: "node", entryPoints: ["test/vscode/node.ts"], outfile: "out/test/node.js" },
    { ...suite, platform: "browser", entryPoints: ["test/vscode/web.ts"], outfile: "out/test/web.js" },
  );
}

await writeFacts();

const bundled = new Set();
for (const options of bundles) {
  const build = await context({ ...options, metafile: true });
  if (watch) await build.watch();
  else {
    const { metafile } = await build.rebuild();
    for (const input of Object.keys(metafile.inputs)) {
      const name = /^node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(input)?.[1];
      if (name && options.outfile?.startsWith("dist/")) bundled.add(name);
    }
    await build.dispose();
  }
}
if (production) writeFileSync("dist/ThirdPartyNotices.txt", notices([...bundled].sort()));

/** The facts that the extension reads when it first needs them: the keys of the frameworks, the catalogue of models. */
async function writeFacts() {
  const { outputFiles } = await buildOnce({
    ...shared,
    sourcemap: false,
    format: "esm",
    stdin: { contents: 'export { dialects } from "./src/core/dialects/index.ts";', resolveDir: "." },
    write: false,
  });
  const code = Buffer.from(outputFiles[0]?.contents ?? "").toString("base64");
  /** @type {{ dialects: typeof import("./src/core/dialects/index.ts").dialects }} */
  const { dialects } = await import(`data:text/javascript;base64,${code}`);
  const vocabularies = Object.fromEntries(dialects.map(({ id, vocabulary }) => [id, vocabulary]));
  mkdirSync("dist", { recursive: true });
  writeFileSync("dist/vocabularies.json", JSON.stringify(vocabularies));
  writeFileSync("dist/models.json", JSON.stringify(JSON.parse(readFileSync("src/core/models/models.json", "utf8"))));
}

/**
 * The licences and notices of the packages whose code is in the bundles.
 * @param {readonly string[]} packages
 */
function notices(packages) {
  return packages
    .map((name) => {
      const folder = join("node_modules", name);
      const { version } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
      const files = readdirSync(folder).filter((file) => /^(?:licen[cs]e|notice)(?:\.|$)/i.test(file));
      const texts = files.sort().map((file) => readFileSync(join(folder, file), "utf8").trim());
      return [`${name} ${version}`, ...texts].join("\n\n");
    })
    .join(`\n\n${"-".repeat(80)}\n\n`);
}
