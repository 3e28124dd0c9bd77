import { everywhere } from "./everywhere.ts";
import { runSuites } from "./harness.ts";
import { refuseSockets } from "./sockets.ts";

/** The whole suite, in the extension host of Node. */
export function run(): Promise<void> {
  return runSuites(() => {
    everywhere();
    refuseSockets();
    // A browser starts no programs.
    require("./suites/detectGpus.test.ts");
    // A browser has no cache on a disk and no environment variables, and no server can be started in it.
    require("./suites/fetchModel.test.ts");
  });
}
