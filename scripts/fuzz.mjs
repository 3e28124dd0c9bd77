// `npm run test:fuzz -- [folder] [--seconds N] [--seed N] [--guided]`: looks for texts that break something, a minute with each property unless
// told otherwise, from another seed each time; the configs in a folder are changed too. A failure prints the smallest such text. With
// --guided one fuzzer that knows what code a text reaches looks instead.
import { parseArgs } from "node:util";
import { fuzzGuided } from "./guidedFuzz.mjs";
import { installDependencies, run, say, script } from "./setup.mjs";

await script(async () => {
  await installDependencies();
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { guided: { type: "boolean" }, seconds: { type: "string", default: "60" }, seed: { type: "string" } },
  });
  const [corpus] = positionals;
  const seed = values.seed ?? String(Date.now() % 2 ** 31);
  if (values.guided) {
    process.exitCode = await fuzzGuided({ ...(corpus ? { corpus } : {}), seconds: values.seconds, seed });
    return;
  }
  say(`Seed ${seed}, ${values.seconds} seconds with each property`);
  const mocha = ["--import", "tsx", "node_modules/mocha/bin/mocha.js", "test/fuzz/**/*.test.ts"];
  const env = {
    ...process.env,
    FUZZ_SECONDS: values.seconds,
    FUZZ_SEED: seed,
    ...(corpus ? { FUZZ_CORPUS: corpus } : {}),
  };
  process.exitCode = await run(process.execPath, mocha, { env, mayFail: true });
});
