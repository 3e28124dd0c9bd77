import { everywhere } from "./everywhere.ts";
import { runSuites } from "./harness.ts";

/** All but what only Node can do, in the extension host of the web worker; `node.ts` says what that is. */
export function run(): Promise<void> {
  return runSuites(everywhere);
}
