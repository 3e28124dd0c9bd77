import type { Context } from "mocha";
import { pagesOpen } from "./window.ts";

/** What the windows show when a test fails, for whoever has no more than its output. */
export const mochaHooks = {
  async afterEach(this: Context): Promise<void> {
    if (this.currentTest?.state !== "failed") return;
    for (const page of pagesOpen)
      process.stdout.write(`The window shows:\n${await page.locator("body").innerText()}\n`);
  },
};
