// What every script of the project starts with: the npm packages, and running programs. Needs Node alone.
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** @param {string} text */
export function say(text) {
  console.log(`» ${text}`);
}

/** Ends the program with a sentence that says what to do. */
export class SetupError extends Error {}

/**
 * Runs a program and waits for it; a status other than zero is an error, unless `mayFail`.
 * @param {string} command
 * @param {readonly string[]} args
 * @param {{ cwd?: string, env?: NodeJS.ProcessEnv, quiet?: boolean, mayFail?: boolean, shell?: boolean }} [options]
 * @returns {Promise<number>} the exit status
 */
export function run(
  command,
  args,
  { cwd = root, env = process.env, quiet = false, mayFail = false, shell = false } = {},
) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd, env, shell, stdio: quiet ? ["ignore", "ignore", "pipe"] : "inherit" });
    let errors = "";
    child.stderr?.on("data", (chunk) => {
      errors += chunk;
    });
    child.on("error", reject);
    child.on("close", (status) => {
      if (status === 0 || mayFail) resolve(status ?? 1);
      else reject(new SetupError(`${command} ${args.join(" ")} failed (${status}).\n${errors.trim()}`));
    });
  });
}

/**
 * Runs npm: the one that started this script where there is one.
 * @param {readonly string[]} args
 * @param {string} [cwd]
 */
export function npm(args, cwd = root) {
  const quiet = ["--no-audit", "--no-fund", "--loglevel=error"];
  const own = process.env["npm_execpath"];
  if (own?.endsWith("js")) return run(process.execPath, [own, ...args, ...quiet], { cwd, quiet: true });
  return run("npm", [...args, ...quiet], { cwd, quiet: true, shell: process.platform === "win32" });
}

/**
 * Installs packages, on which the project itself does not depend, into a folder of their own. Their install scripts are not run.
 * @param {string} folder
 * @param {readonly string[]} packages with their releases, and options of npm
 */
export async function installInto(folder, packages) {
  mkdirSync(folder, { recursive: true });
  await npm(["install", "--prefix", folder, "--ignore-scripts", ...packages], folder);
}

/** Installs the packages of package-lock.json unless they are there already. Their install scripts are not run. */
export async function installDependencies() {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  if (major < 20 || (major === 20 && minor < 19)) {
    throw new SetupError(`Fine-Tune Lens needs Node 20.19 or newer; this is ${process.versions.node}.`);
  }
  const lock = createHash("sha256")
    .update(readFileSync(join(root, "package-lock.json")))
    .digest("hex");
  const stamp = join(root, "node_modules", ".fine-tune-lens-lock");
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === lock) return;
  say("Installing npm packages…");
  await npm(["ci", "--ignore-scripts"]);
  writeFileSync(stamp, lock);
}

/**
 * @param {readonly string[]} args of esbuild.mjs
 */
export async function build(args = []) {
  say("Building…");
  await run(process.execPath, ["esbuild.mjs", ...args]);
}

/**
 * Runs `main`; what went wrong is said without a stack when it is for the user.
 * @param {() => Promise<void>} main
 */
export async function script(main) {
  try {
    await main();
  } catch (error) {
    console.error(error instanceof SetupError ? error.message : error);
    process.exitCode = 1;
  }
}
