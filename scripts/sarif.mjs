// SARIF's own validator, from npm: it holds a log against the schema and what GitHub asks of logs.
import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { installInto, root, SetupError, say } from "./setup.mjs";

const release = "5.7.0";
const folder = join(root, "out", "sarif");

/**
 * The findings of the command line in the example and test configs as a SARIF log, and whether it is valid.
 * @returns {Promise<boolean>}
 */
export async function isSarifValid() {
  const validator = await installValidator();
  const log = join(folder, "findings.sarif");
  const check = ["dist/cli.js", "check", "--format", "sarif", "examples", "test/fixtures"];
  writeFileSync(log, output(process.execPath, check));
  const told = output(validator, ["validate", log, "--rule-kind", "Sarif;Ghas", "--level", "Error;Warning"]);
  console.log(told);
  return told.includes("Analysis completed successfully") && !/: (?:error|warning) /.test(told);
}

/** The program for this machine. */
async function installValidator() {
  const name = `@microsoft/sarif-multitool-${process.platform}`;
  const program = join(folder, "node_modules", name, `Sarif.Multitool${process.platform === "win32" ? ".exe" : ""}`);
  if (existsSync(program)) return program;
  say("Installing SARIF's validator from npm (about 95 MB)…");
  await installInto(folder, [`${name}@${release}`]);
  chmodSync(program, 0o755);
  return program;
}

/**
 * @param {string} program
 * @param {readonly string[]} args
 */
function output(program, args) {
  // Else it asks for ICU, which not every machine has.
  const env = { ...process.env, DOTNET_SYSTEM_GLOBALIZATION_INVARIANT: "1" };
  const { stdout, error } = spawnSync(program, args, { cwd: root, env, encoding: "utf8", maxBuffer: 2 ** 26 });
  if (error) throw new SetupError(`${program} did not run: ${error.message}`);
  return stdout;
}
