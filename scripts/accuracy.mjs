// `npm run bench:accuracy -- <measured.json>`: how far estimates are from published measurements.
import { installDependencies, run, script } from "./setup.mjs";

await script(async () => {
  await installDependencies();
  const args = ["--import", "tsx", "scripts/accuracy/measure.mts", ...process.argv.slice(2)];
  process.exitCode = await run(process.execPath, args, { mayFail: true });
});
