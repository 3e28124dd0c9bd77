// Compares estimates with published measurements: `<file.json>` as described in row.mts. Every row becomes a config of its
// framework and is analysed as any file is. `--list` prints every row, `--markdown` the page for the documentation,
// `--config <id>` the config that a row becomes.
import { existsSync, readFileSync } from "node:fs";
import { catalogue } from "../../test/unit/builtIn.ts";
import { boundaryTable } from "./boundaries.mts";
import { groupsOf, samplesOf, totalsOf } from "./groups.mts";
import { listOf } from "./list.mts";
import { type Compared, outcomeOf, type Unknown } from "./outcome.mts";
import { page } from "./page.mts";
import { groupTable, plain, totalsTable, unknownTable } from "./report.mts";
import type { Row } from "./row.mts";
import { errorsSetAside, setAsideTable } from "./setAside.mts";
import { verdictsOf, verdictTable } from "./verdicts.mts";
import { writerOf } from "./writers.mts";

const args = process.argv.slice(2);
const file = args.find((arg) => arg.endsWith(".json"));
if (!file || !existsSync(file)) {
  process.stderr.write("Usage: npm run bench:accuracy -- <measured.json> [--list] [--markdown] [--config <id>]\n");
  process.exit(2);
}
const rows: readonly Row[] = JSON.parse(readFileSync(file, "utf8"));
const wanted = args[args.indexOf("--config") + 1];
if (args.includes("--config")) printConfig(rows.find(({ id }) => id === wanted));
else printAccuracy();

function printConfig(row: Row | undefined): void {
  const config = row && writerOf(row)?.(row);
  if (!config) {
    process.stderr.write(`${wanted} is no row that becomes a config.\n`);
    process.exit(2);
  }
  console.log(config.text);
  for (const [path, { document }] of config.linked) console.log(`--- ${path}\n${document.text}`);
  console.log(config.versions);
}

function printAccuracy(): void {
  const runs = rows.filter(({ point_type }) => ["measured_peak", "oom", "fit_boundary"].includes(point_type));
  const outcomes = runs.map((row) => outcomeOf(row, catalogue));
  const estimated = outcomes.filter((outcome): outcome is Compared => outcome.kind === "compared");
  const peaks = outcomes.filter(({ row }) => row.point_type === "measured_peak");
  const unknown = peaks.filter((outcome): outcome is Unknown => outcome.kind === "unknown");
  const samples = samplesOf(estimated);
  const verdicts = verdictsOf(estimated);
  const boundaries = boundaryTable(estimated);
  const setAside = setAsideTable(errorsSetAside(catalogue));
  if (args.includes("--markdown")) {
    process.stdout.write(page({ samples, unknown, verdicts, boundaries, setAside, runs: peaks.length }));
    return;
  }
  if (args.includes("--list")) console.log(`${listOf(peaks)}\n`);
  const figures = `${samples.length} figures`;
  console.log(`${peaks.length} measured runs, ${peaks.length - unknown.length} with an estimate, ${figures}\n`);
  console.log(`${plain(groupTable(groupsOf(samples)))}\n`);
  console.log(`${plain(totalsTable(totalsOf(samples)))}\n`);
  console.log(`${plain(verdictTable(verdicts))}\n`);
  console.log(`${plain(boundaries)}\n`);
  console.log(`${plain(setAside)}\n`);
  console.log(plain(unknownTable(unknown)));
}
