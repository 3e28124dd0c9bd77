// `npm run screenshots`: pictures of the real thing, in every theme, into out/screenshots; those of the README and the walkthrough into media.
import { installBrowser } from "./browser.mjs";
import { build, installDependencies, run, script } from "./setup.mjs";
import { installHost } from "./vscodeHost.mjs";

await script(async () => {
  await installDependencies();
  await build();
  await installHost();
  const env = { ...process.env, CHROME_PATH: await installBrowser() };
  await run(process.execPath, ["--import", "tsx", "scripts/takeScreenshots.mts"], { env });
});
