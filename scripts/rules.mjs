// `npm run docs:rules`: writes the list of docs/rules.md and the settings of the severities in package.json and the schema of fine-tune-lens.json anew, from the rules.
import { installDependencies, run, script } from "./setup.mjs";

await script(async () => {
  await installDependencies();
  process.exitCode = await run(process.execPath, ["--import", "tsx", "scripts/rules/write.mts"], { mayFail: true });
});
