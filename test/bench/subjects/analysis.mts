import type { Table } from "../../../scripts/accuracy/report.mts";
import { groupBy } from "../../../scripts/accuracy/statistics.mts";
import { parse } from "../../../src/core/text/parse.ts";
import { compared } from "../compared.mts";
import { analysisOf, type Config, configsIn, kilobytes } from "../configs.mts";
import { rowsOfAll } from "../rows.mts";
import type { Subject } from "../subject.mts";

/** Parsing is what any extension does that reads the file; the analysis is all that comes on top of it. */
export const subject: Subject = {
  title: "Analysis of training configs, parsing and all, against parsing alone (aim: 1.5), and of other files",
  measure: async (folders) => [
    ["Files", "Count", "kB", "Parsing µs/kB", "Analysis µs/kB", "ms per file", "Ratio"],
    ...(await rowsOfAll(["examples", "test/fixtures/foreign", ...folders], rowsOf)),
  ],
};

function rowsOf(folder: string): Promise<Table> {
  const groups = groupBy(configsIn(folder), (config) => (analysisOf(config) ? "training" : "other"));
  return rowsOfAll([...groups], ([kind, configs]) => rowOf(`${folder}: ${kind}`, configs));
}

async function rowOf(name: string, configs: readonly Config[]): Promise<Table> {
  const size = kilobytes(configs);
  const times = Math.max(1, Math.round(200 / size));
  const { baseline, work, ratio } = await compared(
    { run: () => configs.map(({ text, format }) => parse(text, format)), times },
    { run: () => configs.map((config) => analysisOf(config)), times },
  );
  const perKilobyte = (milliseconds: number) => ((1000 * milliseconds) / size).toFixed(1);
  return [
    [
      name,
      String(configs.length),
      size.toFixed(0),
      perKilobyte(baseline),
      perKilobyte(work),
      (work / configs.length).toFixed(2),
      ratio.toFixed(2),
    ],
  ];
}
