// `npm run docs:memory`: writes the tables of docs/memory.md anew, from the code that estimates.
import { installDependencies, run, script } from "./setup.mjs";

await script(async () => {
  await installDependencies();
  process.exitCode = await run(process.execPath, ["--import", "tsx", "scripts/memory/write.mts"], { mayFail: true });
});
