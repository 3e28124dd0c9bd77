// `npm test`: sets everything up and runs the suites named as arguments, or all of them. Its last line is the sum.
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { installBrowser } from "./browser.mjs";
import { runInVsCode } from "./inVsCode.mjs";
import { isSarifValid } from "./sarif.mjs";
import { build, installDependencies, run, say, script } from "./setup.mjs";
import { installHost, newest } from "./vscodeHost.mjs";

/** @typedef {{ passed: number, failed: number }} Totals */

/** @type {Promise<string> | undefined} */
let window;

const inWindows = ["--require", "test/e2e/hooks.ts", "--timeout", "60000", "--exit"];

/** @type {Record<string, () => Promise<Totals>>} */
const suites = {
  checks: runChecks,
  unit: () => runMocha("test/unit/**/*.test.ts", ["--timeout", "20000"]),
  sweep: () => runMocha("test/sweep/**/*.test.ts", ["--timeout", "300000"]),
  cli: () => runMocha("test/cli/**/*.test.ts", ["--timeout", "20000"]),
  fuzz: () => runMocha("test/fuzz/**/*.test.ts"),
  vscode: async () => runInVsCode("node", await prepareWindow()),
  web: async () => runInVsCode("web", await prepareWindow()),
  e2e: async () => runMocha("test/e2e/**/*.test.ts", inWindows, await prepareWindow()),
};

/**
 * Those that run by name alone: they install another 400 and 95 MB.
 * @type {Record<string, () => Promise<Totals>>}
 */
const further = {
  newest: async () => {
    const browser = await prepareWindow();
    await installHost(newest);
    const inNode = await runInVsCode("node", browser, newest);
    const inWorker = await runInVsCode("web", browser, newest);
    return { passed: inNode.passed + inWorker.passed, failed: inNode.failed + inWorker.failed };
  },
  sarif: async () => {
    await build();
    return (await isSarifValid()) ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 };
  },
};

await script(async () => {
  await installDependencies();
  const wanted = process.argv.length > 2 ? process.argv.slice(2) : Object.keys(suites);
  const totals = { passed: 0, failed: 0 };
  for (const name of wanted) {
    say(`Suite: ${name}`);
    const { passed, failed } = await (suites[name] ?? further[name] ?? unknownSuite(name))();
    totals.passed += passed;
    totals.failed += failed;
  }
  console.log(`\n${totals.passed} passed, ${totals.failed} failed`);
  process.exitCode = totals.failed === 0 && totals.passed > 0 ? 0 : 1;
});

/** @param {string} name */
function unknownSuite(name) {
  return () =>
    Promise.reject(
      new Error(`There is no suite "${name}"; there are ${Object.keys({ ...suites, ...further }).join(", ")}.`),
    );
}

/** Types of each part with the libraries that it may use, then lint and format. */
async function runChecks() {
  const commands = [
    ...["src/core", "src", "src/webview", "."].map((project) => ["typescript/bin/tsc", "-p", project]),
    ["@biomejs/biome/bin/biome", "check", "--error-on-warnings", "."],
  ];
  const totals = { passed: 0, failed: 0 };
  for (const [program = "", ...args] of commands) {
    const status = await run(process.execPath, [join("node_modules", program), ...args], { mayFail: true });
    console.log(`  ${status === 0 ? "✔" : "✘"} ${program.split("/").at(-1)} ${args.join(" ")}`);
    totals[status === 0 ? "passed" : "failed"]++;
  }
  return totals;
}

/**
 * @param {string} files
 * @param {readonly string[]} [options] of Mocha
 * @param {string} [browser]
 * @returns {Promise<Totals>}
 */
async function runMocha(files, options = [], browser) {
  const folder = mkdtempSync(join(tmpdir(), "fine-tune-lens-"));
  const file = join(folder, "totals.json");
  const mocha = ["--import", "tsx", "node_modules/mocha/bin/mocha.js", "--reporter", "scripts/testReporter.mjs"];
  const env = { ...process.env, TEST_TOTALS: file, ...(browser ? { CHROME_PATH: browser } : {}) };
  const status = await run(process.execPath, [...mocha, ...options, files], { env, mayFail: true });
  try {
    const totals = JSON.parse(readFileSync(file, "utf8"));
    return status === 0 || totals.failed > 0 ? totals : { ...totals, failed: 1 };
  } catch {
    return { passed: 0, failed: 1 };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The bundles, a VS Code and a browser, once for all suites that need them. */
function prepareWindow() {
  window ??= (async () => {
    await build(["--tests"]);
    await installHost();
    return installBrowser();
  })();
  return window;
}
