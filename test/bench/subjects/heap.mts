import type { Table } from "../../../scripts/accuracy/report.mts";
import { analysisOf, configsIn, kilobytes } from "../configs.mts";
import type { Subject } from "../subject.mts";

const turns = 20;

/** The memory that analysing takes, and what of it stays when nobody has an analysis any more. */
export const subject: Subject = {
  title: `The heap over ${turns} analyses of every config in turn (aim: what stays does not grow)`,
  measure: (folders) => [
    ["Files", "Count", "kB", "Before MB", "Peak MB", "Stays after 1 MB", `after ${turns} MB`],
    ...["examples", ...folders].map(rowOf),
  ],
};

function rowOf(folder: string): Table[number] {
  const configs = configsIn(folder);
  const before = atRest();
  let peak = 0;
  const turn = () => {
    for (const config of configs) {
      analysisOf(config);
      peak = Math.max(peak, process.memoryUsage().heapUsed);
    }
  };
  turn();
  const once = atRest();
  for (let count = 1; count < turns; count++) turn();
  const figures = [kilobytes(configs), ...[before, peak, once, atRest()].map((bytes) => bytes / 1e6)];
  return [folder, String(configs.length), ...figures.map((figure) => figure.toFixed(1))];
}

/** Bytes that are still in use after a collection, which Node needs --expose-gc for. */
function atRest(): number {
  globalThis.gc?.();
  return process.memoryUsage().heapUsed;
}
