// `npm run test:desktop`: the suites of test/vscode in a desktop VS Code, which is downloaded from its maker: the oldest that the
// extension supports, or the release that is named, such as `npm run test:desktop -- stable`.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { copyOfExamples } from "./inVsCode.mjs";
import { build, installDependencies, root, script } from "./setup.mjs";
import { oldest } from "./vscodeHost.mjs";

const [version = oldest.version] = process.argv.slice(2);

await script(async () => {
  await installDependencies();
  await build(["--tests"]);
  const { runTests } = await import("@vscode/test-electron");
  const folder = mkdtempSync(join(tmpdir(), "fine-tune-lens-"));
  try {
    await runTests({
      version,
      extensionDevelopmentPath: root,
      extensionTestsPath: join(root, "out", "test", "node.js"),
      launchArgs: [copyOfExamples(folder), "--disable-extensions", "--disable-workspace-trust"],
    });
  } finally {
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  }
});
