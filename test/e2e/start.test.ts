import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { chromium } from "playwright-core";
import { browserArguments, installBrowser } from "../../scripts/browser.mjs";
import { root } from "../../scripts/setup.mjs";

describe("npm start", () => {
  it("tells about each example, serves VS Code to who has the address, and stops on Ctrl-C", async () => {
    const program = join(root, "scripts", "start.mjs");
    const child = spawn(process.execPath, [program, "--browser", "--no-open"], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const closed = once(child, "close");
    const lines: string[] = [];
    for await (const line of createInterface({ input: child.stdout })) {
      lines.push(line);
      if (line.includes("Press Ctrl-C")) break;
    }
    try {
      const examples = lines.filter((line) => line.startsWith("examples"));
      assert.equal(examples.length, 13);
      for (const line of examples)
        assert.match(line, / · .+ \((?:.+)\) · .+ · (?:no findings|(?:warning|information|hint) .+)$/);
      assert.equal(examples.filter((line) => / · \d+(?:\.\d+)? GiB per GPU · /.test(line)).length, 12);
      const url = /http:\/\/127\.0\.0\.1:\d+\/\S+/.exec(lines.join("\n"))?.[0] ?? "";
      assert.match(url, /tkn=[0-9a-f]{32}$/);
      assert.equal((await fetch(url.replace(/tkn=\w+$/, ""))).status, 403);
      const browser = await chromium.launch({ executablePath: await installBrowser(), args: browserArguments });
      try {
        const page = await browser.newPage();
        await page.goto(url);
        await page.getByRole("treeitem", { name: "axolotl" }).waitFor();
      } finally {
        await browser.close();
      }
    } finally {
      child.kill("SIGINT");
    }
    assert.deepEqual(await closed, [0, null]);
  });
});
