// Fuzzing that is led by the code which each text reaches, with jazzer.js: it keeps texts that reach more, and changes them further.
import { copyFileSync, existsSync, mkdirSync, readdirSync } from "node:fs";
import { basename, join } from "node:path";
import { build } from "esbuild";
import { installInto, root, run, SetupError, say } from "./setup.mjs";

const release = "4.0.0";
const folder = join(root, "out", "fuzz");
const jazzer = join(folder, "node_modules", "@jazzer.js", "core", "dist", "cli.js");

/** Seconds after which a text hangs. */
const mostSeconds = 5;

/**
 * Looks for texts that break something, beginning with the examples, the fixtures and the configs in `corpus`, and what runs before
 * this one kept. What breaks something is written to `out/fuzz`.
 * @param {{ corpus?: string, seconds: string, seed: string }} options
 * @returns {Promise<number>} the exit status, zero when nothing was found
 */
export async function fuzzGuided({ corpus, seconds, seed }) {
  await installJazzer();
  const seeds = join(folder, "seeds");
  for (const from of ["examples", "test/fixtures", ...(corpus ? [corpus] : [])]) copyConfigs(from, seeds);
  const kept = join(folder, "kept");
  mkdirSync(kept, { recursive: true });
  const target = join(folder, "guided.cjs");
  await build({
    bundle: true,
    platform: "node",
    mainFields: ["module", "main"],
    format: "cjs",
    logLevel: "warning",
    entryPoints: [join(root, "test", "fuzz", "guided.ts")],
    outfile: target,
  });
  const libFuzzer = [`-max_total_time=${seconds}`, `-seed=${seed}`, "-max_len=8192", `-artifact_prefix=${folder}/`];
  const own = ["--sync", "--includes", "guided.cjs", "--timeout", String(1000 * mostSeconds)];
  return run(process.execPath, [jazzer, target, kept, seeds, ...own, "--", ...libFuzzer], { mayFail: true });
}

async function installJazzer() {
  if (!existsSync(jazzer)) {
    say("Installing jazzer.js from npm…");
    await installInto(folder, [`@jazzer.js/core@${release}`]);
  }
  const status = await run(process.execPath, [jazzer, "--help"], { mayFail: true, quiet: true });
  if (status !== 0)
    throw new SetupError("jazzer.js does not run on this machine: on Linux it needs glibc 2.38 or newer.");
}

/**
 * @param {string} from
 * @param {string} to
 */
function copyConfigs(from, to) {
  mkdirSync(to, { recursive: true });
  for (const entry of readdirSync(from, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || !/\.(?:ya?ml|json)$/.test(entry.name)) continue;
    const file = join(entry.parentPath, entry.name);
    copyFileSync(file, join(to, `${basename(entry.parentPath)}-${entry.name}`));
  }
}
