// `npm run test:planted -- <folder>`: plants mistakes in real configs and prints how many of them each rule finds and mends.
import { installDependencies, run, script } from "./setup.mjs";

await script(async () => {
  await installDependencies();
  const args = ["--import", "tsx", "scripts/corpus/plant.mts", ...process.argv.slice(2)];
  process.exitCode = await run(process.execPath, args, { mayFail: true });
});
