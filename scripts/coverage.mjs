// `npm run coverage`: how much of the core its tests run through, in lines and branches, file by file in `out/coverage`.
import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { installDependencies, root, run, script } from "./setup.mjs";

/** @typedef {{ functionName: string, ranges: { startOffset: number, endOffset: number, count: number }[] }} RunFunction */

const records = "out/coverage/tmp";

await script(async () => {
  await installDependencies();
  rmSync(join(root, records), { recursive: true, force: true });
  const env = { ...process.env, NODE_V8_COVERAGE: join(root, records) };
  const status = await run(process.execPath, ["scripts/test.mjs", "unit", "sweep"], { env, mayFail: true });
  for (const name of readdirSync(join(root, records))) leaveOutModuleCode(join(root, records, name));
  const what = ["--all", "--include", "src/core/**/*.ts", "--temp-directory", records];
  const reports = ["--reports-dir", "out/coverage", "--reporter", "text-summary", "--reporter", "html"];
  await run(process.execPath, ["node_modules/c8/bin/c8.js", "report", ...what, ...reports]);
  process.exitCode = status;
});

/**
 * Takes out of a record of V8's what esbuild writes around each module to make it one of CommonJS, of which no line is in the source:
 * a few functions, and a last statement `0 && (module.exports = {…})` that is there to be read alone.
 * @param {string} file
 */
function leaveOutModuleCode(file) {
  const record = JSON.parse(readFileSync(file, "utf8"));
  for (const each of record.result) {
    each.functions = each.functions.filter(
      (/** @type {RunFunction} */ { functionName }) =>
        !/^__(?:name|export|copyProps|toESM|toCommonJS)$/.test(functionName),
    );
    /** @type {RunFunction | undefined} */
    const whole = each.functions[1];
    const [{ endOffset = 0 } = {}] = whole?.ranges ?? [];
    if (whole) whole.ranges = whole.ranges.filter((range) => range.count > 0 || range.endOffset !== endOffset - 3);
  }
  writeFileSync(file, JSON.stringify(record));
}
