// `npm run l10n`: what lacks a translation, in every language that the extension speaks, and what is translated in vain.
import { installDependencies, run, script } from "./setup.mjs";

await script(async () => {
  await installDependencies();
  process.exitCode = await run(process.execPath, ["--import", "tsx", "scripts/l10n/list.mts"], { mayFail: true });
});
