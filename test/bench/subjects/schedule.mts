import type { Table } from "../../../scripts/accuracy/report.mts";
import { rateOf, sampleSchedule } from "../../../src/core/schedule/lrSchedule.ts";
import { parse } from "../../../src/core/text/parse.ts";
import { compared } from "../compared.mts";
import { analysisOf, type Config, configsIn } from "../configs.mts";
import { rowsOfAll } from "../rows.mts";
import type { Subject } from "../subject.mts";

const updates = 100_000;
const drawn = 1000;

/** What the panel draws after each edit, and what it writes when the curve is exported. */
export const subject: Subject = {
  title: `Learning rates of a run of ${updates} updates, against parsing its config`,
  measure: async () => [
    ["Config", "Scheduler", "Parsing ms", `${drawn} rates ms`, "Ratio", "All rates ms", "Ratio"],
    ...(await rowsOfAll(configsIn("examples"), rowOf)),
  ],
};

async function rowOf(config: Config): Promise<Table> {
  const schedule = analysisOf(config, updates)?.schedule.value;
  if (!schedule) return [];
  const parsing = { run: () => parse(config.text, config.format), times: 20 };
  const some = await compared(parsing, { run: () => sampleSchedule(schedule, drawn), times: 20 });
  const all = await compared(parsing, { run: () => everyRate(rateOf(schedule), schedule.totalSteps) });
  return [
    [
      config.name,
      schedule.name,
      some.baseline.toFixed(2),
      ...[some, all].flatMap(({ work, ratio }) => [work.toFixed(2), ratio.toFixed(1)]),
    ],
  ];
}

function everyRate(rate: (step: number) => number, total: number): number {
  let sum = 0;
  for (let step = 0; step < total; step++) sum += rate(step);
  return sum;
}
