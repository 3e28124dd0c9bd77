// `npm start`: sets everything up and opens VS Code on examples/ with the extension running. `--browser` takes the one in the
// browser even where there is a desktop VS Code, `--no-open` leaves opening the address to the user.
import { execFile, spawn } from "node:child_process";
import { readdirSync } from "node:fs";
import { join, relative } from "node:path";
import { promisify } from "node:util";
import { build, installDependencies, root, run, say, script } from "./setup.mjs";
import { installHost, startHost } from "./vscodeHost.mjs";

const examples = join(root, "examples");

await script(async () => {
  await installDependencies();
  await build();
  await printExamples();
  if (!process.argv.includes("--browser") && (await openDesktop())) return;
  await openInBrowser();
});

/** What the extension will say about each example, so that it is seen even where no window can open. */
async function printExamples() {
  say("What Fine-Tune Lens says about the examples:");
  const files = readdirSync(examples, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.(?:ya?ml|json)$/.test(entry.name) && !entry.parentPath.endsWith("data"))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)))
    .sort();
  await run(process.execPath, ["dist/cli.js", "estimate", "--format", "line", ...files]);
}

/** Opens desktop VS Code through its `code` command; false where there is none that can load an extension from a folder. */
async function openDesktop() {
  if (process.env["VSCODE_IPC_HOOK_CLI"]) return false;
  const shell = process.platform === "win32";
  try {
    const { stdout } = await promisify(execFile)("code", ["--version"], { shell });
    const [major = 0, minor = 0] = stdout.split(".").map(Number);
    if (major < 1 || (major === 1 && minor < 100)) {
      say(`VS Code ${major}.${minor} is older than 1.100, which Fine-Tune Lens needs; using one in the browser.`);
      return false;
    }
  } catch {
    return false;
  }
  say("Opening VS Code on examples/…");
  return (
    (await run("code", ["--new-window", `--extensionDevelopmentPath=${root}`, examples], { shell, mayFail: true })) ===
    0
  );
}

/** Runs VS Code in the browser until Ctrl-C. */
async function openInBrowser() {
  await installHost();
  say("Starting VS Code in the browser…");
  const host = await startHost({
    token: true,
    settings: { "workbench.startupEditor": "none", "git.openRepositoryInParentFolders": "never" },
  });
  const url = host.url({ folder: examples, extension: root });
  say(`VS Code is running. Open ${url}`);
  say("Press Ctrl-C to stop.");
  if (!process.argv.includes("--no-open")) openUrl(url);
  await new Promise((resolve) => {
    process.once("SIGINT", resolve);
    process.once("SIGTERM", resolve);
  });
  say("Stopping…");
  await host.stop();
}

/** @param {string} url */
function openUrl(url) {
  const [command, ...args] =
    process.platform === "darwin" ? ["open"] : process.platform === "win32" ? ["cmd", "/c", "start", ""] : ["xdg-open"];
  const opener = spawn(command ?? "", [...args, url], { stdio: "ignore", detached: true });
  opener.on("error", () => say("No browser could be opened from here: open the address above."));
  opener.unref();
}
