// Plants mistakes in the configs below a folder and prints, for each rule, how many of them it finds and mends; `--list` names the
// others. Exit status 1 when a rule finds or mends less than 95 % of its own.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { linkedFilesOnDisk } from "../../src/platform/disk.ts";
import { type Config, plantAll, tallyByRule } from "../../test/planted/mistake.ts";
import { mistakes } from "../../test/planted/mistakes/index.ts";

const args = process.argv.slice(2);
const folder = args.find((arg) => !arg.startsWith("--"));
if (!folder) {
  process.stderr.write("Usage: npm run test:planted -- <folder> [--list]\n");
  process.exit(2);
}
const configs = readdirSync(folder, { recursive: true, encoding: "utf8" })
  .filter((name) => /\.(?:ya?ml|json)$/.test(name))
  .map((name): Config => {
    const file = join(folder, name);
    const options = { format: name.endsWith(".json") ? "json" : "yaml", linked: linkedFilesOnDisk(file) } as const;
    return { name, text: readFileSync(file, "utf8"), options };
  });
const outcomes = plantAll(configs, mistakes);
const percent = (part: number, whole: number) => `${((100 * part) / Math.max(1, whole)).toFixed(1)} %`;
console.log(`${"rule".padEnd(34)}${["planted", "found", "mended"].map((name) => name.padStart(12)).join("")}`);
let isGood = true;
for (const [rule, { planted, found, fixed }] of [...tallyByRule(outcomes)].sort()) {
  const cells = [String(planted), percent(found, planted), percent(fixed, found)];
  console.log(rule.padEnd(34) + cells.map((cell) => cell.padStart(12)).join(""));
  isGood &&= found >= 0.95 * planted && fixed >= 0.95 * found;
}
if (args.includes("--list")) {
  for (const { mistake, config, isFound, trouble } of outcomes) {
    if (!isFound) console.log(`${config.name}: ${mistake.rule}, ${mistake.name}: not found`);
    if (trouble !== null) console.log(`${config.name}: ${mistake.rule}, ${mistake.name}: ${trouble}`);
  }
}
process.exitCode = isGood ? 0 : 1;
