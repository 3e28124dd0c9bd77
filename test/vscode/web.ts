import { runSuites } from "./harness.ts";

/** The smoke part of the suite, in the extension host of the web worker. */
export function run(): Promise<void> {
  return runSuites(() => {
    require("./suites/smoke.test.ts");
  });
}
