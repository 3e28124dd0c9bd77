// Bundles the extension for both hosts, the panel's page, the command line and, with --tests, the suites that run inside
// VS Code. `--production` minifies and collects the
// licences of what is bundled; `--watch` goes on.
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { context, transform } from "esbuild";
import { minify } from "terser";
import { withArrows } from "./scripts/bundle/arrows.mjs";
import { factsBeside, firstInNode, firstLines, inNode, inWorker } from "./scripts/bundle/beside.mjs";
import { innerNames } from "./scripts/bundle/names.mjs";
import { withShared } from "./scripts/bundle/shared.mjs";
import { yamlReader } from "./scripts/bundle/yaml.mjs";

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
 * For Node: packages as ES modules, of which what is not used is left out. yaml offers them to browsers only.
 * @type {import("esbuild").BuildOptions}
 */
const onNode = {
  platform: "node",
  mainFields: ["module", "main"],
  alias: { yaml: join(process.cwd(), "node_modules", "yaml", "browser", "index.js") },
};

/** @type {import("esbuild").BuildOptions} */
const inVsCode = { ...shared, external: ["vscode"] };

/** @type {import("esbuild").BuildOptions} */
const extension = {
  ...inVsCode,
  format: "cjs",
  entryPoints: ["src/extension.ts"],
  plugins: [await factsBeside(), yamlReader],
};

/** @type {import("esbuild").BuildOptions} */
const page = {
  ...shared,
  platform: "browser",
  format: "iife",
  entryPoints: ["src/webview/main.ts"],
  outfile: "dist/webview.js",
};

if (production) extension.mangleProps = await innerNames({ ...extension, ...onNode }, page);

const first = await firstLines();

/** @type {import("esbuild").BuildOptions[]} */
const bundles = [
  { ...extension, ...onNode, ...inNode, outfile: "dist/features.js" },
  { ...extension, platform: "browser", ...inWorker(first), outfile: "dist/web/extension.js" },
  page,
  { ...shared, entryPoints: ["src/webview/style.css"], outfile: "dist/webview.css" },
  {
    ...shared,
    ...onNode,
    format: "cjs",
    plugins: [yamlReader],
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
    {
      ...inVsCode,
      platform: "node",
      format: "cjs",
      entryPoints: ["test/e2e/virtualFiles/extension.ts"],
      outfile: "test/e2e/virtualFiles/out/extension.js",
    },
  );
}

const bundled = new Set();
for (const options of bundles) {
  const build = await context({ ...options, metafile: true });
  if (watch) await build.watch();
  else {
    const { metafile } = await build.rebuild();
    if (production && options.entryPoints === extension.entryPoints) await shorten(options.outfile ?? "");
    for (const input of Object.keys(metafile.inputs)) {
      const folder = /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(input)?.[0];
      if (folder && options.outfile?.startsWith("dist/")) bundled.add(folder);
    }
    await build.dispose();
  }
}
const { code } = await transform(firstInNode(first, "./features.js"), { minify: production, charset: "utf8" });
writeFileSync("dist/extension.js", code);
if (production) writeFileSync("dist/ThirdPartyNotices.txt", notices([...bundled]));

/** What esbuild leaves: functions as arrows, and `undefined`, VS Code's API and what is there often under a short name. */
async function shorten(/** @type {string} */ file) {
  const { code } = await minify(withArrows(readFileSync(file, "utf8")).replaceAll('require("vscode")', "$vscode"), {
    ecma: 2022,
    toplevel: true,
    compress: { passes: 2, keep_fargs: false, pure_getters: true, unsafe_arrows: true, unsafe_undefined: true },
  });
  writeFileSync(file, withShared(code ?? ""));
}

/**
 * The licences and notices of the packages whose code is in the bundles, in the order of their names.
 * @param {readonly string[]} folders
 */
function notices(folders) {
  const sections = folders.map((folder) => {
    const { name, version } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
    const files = readdirSync(folder).filter((file) => /^(?:licen[cs]e|notice)(?:\.|$)/i.test(file));
    const texts = files.sort().map((file) => readFileSync(join(folder, file), "utf8").trim());
    return [`${name} ${version}`, ...texts].join("\n\n");
  });
  // Packages of the same release may lie in several folders.
  return [...new Set(sections)].sort().join(`\n\n${"-".repeat(80)}\n\n`);
}
