// `npm run package`: the installable .vsix, with everything bundled and nothing else in it.
import { installDependencies, root, say, script } from "./setup.mjs";

await script(async () => {
  await installDependencies();
  say("Packaging…");
  const { createVSIX } = await import("@vscode/vsce");
  await createVSIX({ cwd: root, dependencies: false });
});
