// `npm run test:mutation -- [file…]`: changes the code, one small thing at a time, and prints the changes that no test of the file's room
// notices; of a rule, no test of its own. Without files it takes the memory, the schedules, the rules that have such tests, and the text, one file
// after the other; a pattern such as "src/core/text/*.ts" is quicker. The pages of `out/mutation` show each change in its place.
import { existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { installDependencies, root, run, SetupError, say, script } from "./setup.mjs";

const rooms = ["memory", "schedule", "rules", "text"].map((room) => `src/core/${room}`);

await script(async () => {
  await installDependencies();
  const named = process.argv.slice(2);
  const files = named.length > 0 ? named : rooms.flatMap(filesIn).filter((file) => testsOf(file).length > 0);
  for (const file of files) {
    const tests = testsOf(file);
    if (tests.length === 0) throw new SetupError(`${file} has no tests of its own.`);
    say(`${file}, by ${tests.join(", ")}`);
    await run(process.execPath, ["node_modules/@stryker-mutator/core/bin/stryker.js", "run", configFor(file, tests)], {
      mayFail: true,
    });
  }
});

/** @param {string} room */
function filesIn(room) {
  const names = readdirSync(join(root, room), { recursive: true, encoding: "utf8" }).sort();
  return names.filter((name) => name.endsWith(".ts")).map((name) => `${room}/${name.replaceAll("\\", "/")}`);
}

/**
 * All rules look at all fixtures, which takes too long for each change.
 * @param {string} file
 */
function testsOf(file) {
  const own = file.replace("src/core", "test/unit").replace(/\.ts$/, ".test.ts");
  if (file.startsWith("src/core/rules")) return existsSync(own) ? [own] : [];
  const slow = /(?:documentation|measured|bundledYaml)\.test\.ts$/;
  const room = dirname(own);
  return readdirSync(room).flatMap((name) => (name.endsWith(".test.ts") && !slow.test(name) ? `${room}/${name}` : []));
}

/**
 * @param {string} file
 * @param {readonly string[]} tests
 */
function configFor(file, tests) {
  const folder = join(root, "out", "mutation", dirname(file), basename(file, ".ts"));
  mkdirSync(folder, { recursive: true });
  const path = join(folder, "stryker.json");
  const config = {
    packageManager: "npm",
    testRunner: "mocha",
    testRunnerNodeArgs: ["--import", "tsx"],
    mochaOptions: { spec: tests },
    coverageAnalysis: "perTest",
    // What is made while modules are loaded would run all tests.
    ignoreStatic: true,
    mutate: [file],
    // Texts for the reader are for readers to judge.
    mutator: { excludedMutations: ["StringLiteral"] },
    // TypeScript's own interface, which the runner would rewrite it with, is not there any more.
    tsconfigFile: "none.json",
    tempDirName: join(folder, "sandbox"),
    ignorePatterns: ["dist", "out", ".vscode-test", "media", "docs"],
    concurrency: 2,
    reporters: ["clear-text", "html"],
    htmlReporter: { fileName: join(folder, "index.html") },
    clearTextReporter: { allowColor: false, logTests: false, reportTests: false },
  };
  writeFileSync(path, JSON.stringify(config, null, 2));
  return path;
}
