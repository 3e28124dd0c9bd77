// Bundles the extension for both hosts, the panel's page, the command line and, with --tests, the suites that run inside
// VS Code. `--production` minifies; `--watch` goes on.
import { context } from "esbuild";

const production = process.argv.includes("--production");
const watch = process.argv.includes("--watch");

/** @type {import("esbuild").BuildOptions} */
const shared = {
  bundle: true,
  minify: production,
  sourcemap: production ? false : "linked",
  target: "es2022",
  logLevel: "warning",
  legalComments: "none",
};

/** @type {import("esbuild").BuildOptions} */
const inVsCode = { ...shared, format: "cjs", external: ["vscode"] };

/** @type {import("esbuild").BuildOptions[]} */
const bundles = [
  {
    ...inVsCode,
    platform: "node",
    entryPoints: ["src/extension.ts"],
    outfile: "dist/extension.js",
    mainFields: ["module", "main"],
  },
  { ...inVsCode, platform: "browser", entryPoints: ["src/extension.ts"], outfile: "dist/web/extension.js" },
  { ...shared, platform: "browser", format: "iife", entryPoints: ["src/webview/main.ts"], outfile: "dist/webview.js" },
  { ...shared, entryPoints: ["src/webview/style.css"], outfile: "dist/webview.css" },
  {
    ...shared,
    platform: "node",
    format: "cjs",
    entryPoints: ["src/cli.ts"],
    outfile: "dist/cli.js",
    mainFields: ["module", "main"],
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

for (const options of bundles) {
  const build = await context(options);
  if (watch) await build.watch();
  else {
    await build.rebuild();
    await build.dispose();
  }
}
