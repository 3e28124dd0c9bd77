// `npm run docs:schedules`: writes the tables of docs/schedules.md anew, from the code that computes the curves.
import { installDependencies, run, script } from "./setup.mjs";

await script(async () => {
  await installDependencies();
  process.exitCode = await run(process.execPath, ["--import", "tsx", "scripts/schedules/write.mts"], { mayFail: true });
});
