// `npm run coverage`: how much of the core the unit tests run through, in lines and branches, file by file in `out/coverage`.
import { installDependencies, run, script } from "./setup.mjs";

await script(async () => {
  await installDependencies();
  const c8 = [
    "node_modules/c8/bin/c8.js",
    "--all",
    "--include",
    "src/core/**/*.ts",
    "--temp-directory",
    "out/coverage/tmp",
  ];
  const reports = ["--reports-dir", "out/coverage", "--reporter", "text-summary", "--reporter", "html"];
  process.exitCode = await run(process.execPath, [...c8, ...reports, process.execPath, "scripts/test.mjs", "unit"], {
    mayFail: true,
  });
});
