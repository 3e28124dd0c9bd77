// `npm run test:corpus -- <folder>`: reads real configs where they lie and prints, per framework, what was understood.
import { installDependencies, run, script } from "./setup.mjs";

await script(async () => {
  await installDependencies();
  const args = ["--import", "tsx", "scripts/corpus/read.mts", ...process.argv.slice(2)];
  process.exitCode = await run(process.execPath, args, { mayFail: true });
});
