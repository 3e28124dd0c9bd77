import "mocha/mocha.js";

/** Mocha's browser build, which runs in Node's extension host and in the web worker alike. */
declare const Mocha: typeof import("mocha");

/**
 * Runs the suites that `load` registers, a line on the console for each test and the totals at the end: what the
 * extension host writes there is all that reaches the script that started it. Rejects when a test failed.
 */
export async function runSuites(load: () => void): Promise<void> {
  const mocha = new Mocha({ ui: "bdd", reporter: Mocha.reporters.Base, timeout: 20_000 });
  mocha.suite.emit("pre-require", globalThis, "", mocha);
  load();
  const failed = await new Promise<number>((resolve) => {
    const runner = mocha.run(resolve);
    runner.on("pass", (test) => report(`  ✔ ${test.fullTitle()}`));
    runner.on("fail", (test, error) => report(`  ✘ ${test.fullTitle()}\n${error.stack ?? error}`));
    runner.once("end", () => {
      const { passes = 0, failures = 0 } = runner.stats ?? {};
      write(`TOTALS ${JSON.stringify({ passed: passes, failed: failures })}`);
    });
  });
  if (failed > 0) throw new Error(`${failed} tests failed`);
}

function report(text: string): void {
  write(`TEST ${text}`);
}

function write(line: string): void {
  // biome-ignore lint/suspicious/noConsole: the only way out of the extension host
  console.log(line);
}
