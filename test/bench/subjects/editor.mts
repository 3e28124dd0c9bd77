import { join } from "node:path";
import { build as bundle } from "esbuild";
import { quantile } from "../../../scripts/accuracy/statistics.mts";
import { installBrowser } from "../../../scripts/browser.mjs";
import { runModule } from "../../../scripts/inVsCode.mjs";
import { build, root } from "../../../scripts/setup.mjs";
import { installHost } from "../../../scripts/vscodeHost.mjs";
import { openConfig, openWindow, runCommand } from "../../e2e/window.ts";
import type { Subject } from "../subject.mts";

/** Fresh windows: the extension is activated once in each. */
const windows = 5;

/**
 * Milliseconds that nobody should have to wait for longer. Findings wait for a pause of 250 ms between key strokes first, and VS Code
 * tells of new ones 50 ms after it has them.
 */
const aims: Readonly<Record<string, string>> = {
  Activation: "50",
  Hover: "16",
  "Inlay hints": "16",
  CodeLens: "16",
  Completion: "16",
  Findings: "250 + 50 + 16",
};

/** What one waits for in the editor: from the key stroke or the question to the answer, through VS Code and back. */
export const subject: Subject = {
  title: "The examples in a real VS Code after a key stroke, beside a hover that VS Code answers alone",
  async measure() {
    await build(["--production"]);
    await installHost();
    const browserPath = await installBrowser();
    const tests = join(root, "out", "bench", "inEditor.js");
    await bundle({
      entryPoints: [join(root, "test", "bench", "inEditor.ts")],
      outfile: tests,
      bundle: true,
      platform: "node",
      external: ["vscode"],
    });
    const times = new Map<string, readonly number[]>();
    const add = (name: string, milliseconds: readonly number[]) =>
      times.set(name, [...(times.get(name) ?? []), ...milliseconds]);
    for (let window = 0; window < windows; window++) {
      add("Activation", [await activation()]);
      await runModule({ extension: root, tests, browserPath }, (line) => {
        if (!line.startsWith("FIGURES ")) return;
        const figures: Readonly<Record<string, readonly number[]>> = JSON.parse(line.slice("FIGURES ".length));
        for (const [name, milliseconds] of Object.entries(figures)) add(name, milliseconds);
      });
    }
    return [
      ["Surface", "Times", "Median ms", "95th percentile", "Aim"],
      ...[...times].map(([name, milliseconds]) => [
        name,
        String(milliseconds.length),
        quantile(milliseconds, 0.5).toFixed(1),
        quantile(milliseconds, 0.95).toFixed(1),
        aims[name] ?? "",
      ]),
    ];
  },
};

/** Milliseconds, as VS Code itself counts and shows them. */
async function activation(): Promise<number> {
  const { page, close } = await openWindow();
  try {
    await openConfig(page, "llama-2-7b-full.yml");
    await runCommand(page, "Developer: Show Running Extensions");
    const row = page.locator(".runtime-extensions-editor .monaco-list-row").filter({ hasText: "fine-tune-lens" });
    return Number(/Activation: (\d+)ms/.exec(await row.innerText())?.[1]);
  } finally {
    await close();
  }
}
