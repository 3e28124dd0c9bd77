// `npm run bench -- [subject…] [folder…]`: how long things take, as ratios within one run, since machines differ and are noisy.
// What is measured is bundled as it ships.
import { join } from "node:path";
import { installDependencies, root, run, script } from "./setup.mjs";

await script(async () => {
  await installDependencies();
  const { build } = await import("esbuild");
  const { yamlReader } = await import("./bundle/yaml.mjs");
  const outfile = join(root, "out", "bench.mjs");
  await build({
    absWorkingDir: root,
    entryPoints: ["test/bench/bench.mts"],
    outfile,
    bundle: true,
    platform: "node",
    format: "esm",
    mainFields: ["module", "main"],
    alias: { yaml: join(root, "node_modules", "yaml", "browser", "index.js") },
    plugins: [yamlReader],
    external: ["esbuild", "playwright-core", "yaml-language-server/*", "vscode-languageserver-textdocument"],
  });
  process.exitCode = await run(process.execPath, ["--expose-gc", outfile, ...process.argv.slice(2)], { mayFail: true });
});
