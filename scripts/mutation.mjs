// `npm run test:mutation -- [room or file…]`: changes the code, one small thing at a time, and prints the changes that no test
// notices: of the memory, the schedules, the rules and the text, or of one of them (`schedule`), or of some files in them, by
// name or pattern (`"src/core/rules/lr/*.ts"`). The pages of `out/mutation` show each change in its place.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { installDependencies, root, run, SetupError, say, script } from "./setup.mjs";

const fixtures = "test/unit/rules/fixtures.test.ts";

/**
 * The tests of each room: its own, and those of its users that show more of it than their own part.
 * @type {Readonly<Record<string, readonly string[]>>}
 */
const rooms = {
  memory: ["test/unit/memory/*.test.ts"],
  schedule: [
    "test/unit/schedule/*.test.ts",
    "test/unit/dialects/*.test.ts",
    "test/unit/rules/schedule/*.test.ts",
    fixtures,
  ],
  rules: ["test/unit/rules/**/*.test.ts"],
  text: ["test/unit/text/*.test.ts", "test/sweep/limits.test.ts", fixtures],
};

/** These look at documents, or at each row of long tables. */
const ignored = ["**/documentation.test.ts", "**/measured.test.ts"];

await script(async () => {
  await installDependencies();
  const named = process.argv.slice(2);
  for (const name of named.length > 0 ? named : Object.keys(rooms)) {
    const files = name in rooms ? `src/core/${name}/**/*.ts` : name;
    const tests = rooms[/^src\/core\/(\w+)/.exec(files)?.[1] ?? ""];
    if (!tests)
      throw new SetupError(`${name} is in none of the rooms that can be changed: ${Object.keys(rooms).join(", ")}.`);
    say(`${files}, by ${tests.join(", ")}`);
    await run(process.execPath, ["node_modules/@stryker-mutator/core/bin/stryker.js", "run", configFor(files, tests)], {
      mayFail: true,
    });
  }
});

/**
 * @param {string} files
 * @param {readonly string[]} tests
 */
function configFor(files, tests) {
  const folder = join(root, "out", "mutation", files.replace(/^src\/core\//, "").replace(/\W+/g, "-"));
  mkdirSync(folder, { recursive: true });
  const path = join(folder, "stryker.json");
  const config = {
    packageManager: "npm",
    testRunner: "mocha",
    testRunnerNodeArgs: ["--import", "tsx"],
    mochaOptions: { spec: tests, ignore: ignored, require: ["scripts/withoutShrinking.mjs"] },
    coverageAnalysis: "perTest",
    // What is made while modules are loaded would run all tests.
    ignoreStatic: true,
    mutate: [files],
    // Texts for the reader are for readers to judge.
    mutator: { excludedMutations: ["StringLiteral"] },
    // TypeScript's own interface, which the runner would rewrite it with, is not there any more.
    tsconfigFile: "none.json",
    tempDirName: join(folder, "sandbox"),
    ignorePatterns: ["dist", "out", ".vscode-test", "media", "docs"],
    concurrency: 2,
    reporters: ["progress-append-only", "clear-text", "html"],
    htmlReporter: { fileName: join(folder, "index.html") },
    clearTextReporter: { allowColor: false, logTests: false, reportTests: false },
  };
  writeFileSync(path, JSON.stringify(config, null, 2));
  return path;
}
