// Runs the suite of test/vscode, or another module, inside an extension host of a real VS Code: Node's, or the web worker's.
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { browserArguments } from "./browser.mjs";
import { root } from "./setup.mjs";
import { startHost } from "./vscodeHost.mjs";

const limitMilliseconds = 300_000;

/**
 * @param {"node" | "web"} kind
 * @param {string} browserPath
 * @param {import("./vscodeHost.mjs").Release} [release] the oldest that the extension supports where absent
 * @returns {Promise<{ passed: number, failed: number }>}
 */
export async function runInVsCode(kind, browserPath, release) {
  const folder = mkdtempSync(join(tmpdir(), "fine-tune-lens-"));
  const extension = kind === "node" ? root : webExtension(join(folder, "extension"));
  /** @type {{ passed: number, failed: number } | undefined} */
  let totals;
  /** @type {string[]} */
  const others = [];
  try {
    const tests = join(extension, "out", "test", `${kind}.js`);
    await runModule({ extension, tests, browserPath, ...(release && { release }) }, (line) => {
      if (line.startsWith("TOTALS ")) totals = JSON.parse(line.slice("TOTALS ".length));
      else if (line.startsWith("TEST ")) console.log(line.slice("TEST ".length));
      else others.push(line);
    });
    if (totals) return totals;
    throw new Error(`The suite ended without a result. VS Code said:\n${others.join("\n").slice(-3000)}`);
  } catch (error) {
    console.error(error);
    return { passed: 0, failed: 1 };
  } finally {
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

/**
 * Opens the examples in a window of a fresh VS Code, has its extension host call `run` of a module, and waits until it is done.
 * @param {{ extension: string, tests: string, browserPath: string, release?: import("./vscodeHost.mjs").Release }} options the folder of the
 *   extension under development, and the module
 * @param {(line: string) => void} read gets each line that the host writes on its console
 */
export async function runModule({ extension, tests, browserPath, release }, read) {
  const { chromium } = await import("playwright-core");
  const folder = mkdtempSync(join(tmpdir(), "fine-tune-lens-"));
  const workspace = copyOfExamples(folder);
  const host = await startHost(release ? { release } : {});
  const browser = await chromium.launch({ executablePath: browserPath, args: browserArguments });
  try {
    const page = await browser.newPage();
    await page.exposeFunction("codeAutomationLog", (/** @type {string} */ _type, /** @type {unknown[]} */ args) => {
      for (const line of args.filter((arg) => typeof arg === "string")) read(line);
    });
    const done = new Promise((resolve, reject) => {
      page.exposeFunction("codeAutomationExit", resolve).catch(reject);
      setTimeout(
        () => reject(new Error(`The module did not end within ${limitMilliseconds / 1000} s.`)),
        limitMilliseconds,
      ).unref();
    });
    await page.goto(host.url({ folder: workspace, extension, tests }));
    await done;
  } finally {
    await browser.close();
    await host.stop();
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

/**
 * What the window has open: a copy of the examples in `folder`.
 * @param {string} folder
 */
export function copyOfExamples(folder) {
  const workspace = join(folder, "workspace");
  cpSync(join(root, "examples"), workspace, { recursive: true });
  return workspace;
}

/**
 * A copy of the extension without `main`: VS Code then runs it, through `browser`, in the web worker.
 * @param {string} folder
 */
function webExtension(folder) {
  mkdirSync(folder, { recursive: true });
  for (const part of ["dist", "examples", "out", "l10n", "package.nls.json"])
    cpSync(join(root, part), join(folder, part), { recursive: true });
  const { main, ...manifest } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  writeFileSync(join(folder, "package.json"), JSON.stringify(manifest));
  return folder;
}
