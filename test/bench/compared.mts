import { quantile } from "../../scripts/accuracy/statistics.mts";

/** A piece of work, which may be done later, and how often one turn does it: what takes microseconds is done many times. */
export interface Work {
  readonly run: () => unknown;
  readonly times?: number;
}

/** Medians of how long both take, in milliseconds, and of the ratios within each turn. */
export interface Comparison {
  readonly baseline: number;
  readonly work: number;
  readonly ratio: number;
}

/** The turns that are counted: as many as fit in two seconds, within these bounds. */
const fewest = 5;
const most = 25;

/** Does both in turns, so that whatever else the machine is busy with slows them alike; the first two warm up. */
export async function compared(baseline: Work, work: Work): Promise<Comparison> {
  const turn = async () => [await milliseconds(baseline), await milliseconds(work)] as const;
  const started = performance.now();
  await turn();
  await turn();
  const pairs: (readonly [number, number])[] = [];
  while (pairs.length < fewest || (pairs.length < most && performance.now() - started < 2000)) pairs.push(await turn());
  return {
    baseline: quantile(
      pairs.map(([base]) => base),
      0.5,
    ),
    work: quantile(
      pairs.map(([, own]) => own),
      0.5,
    ),
    ratio: quantile(
      pairs.map(([base, own]) => own / base),
      0.5,
    ),
  };
}

async function milliseconds({ run, times = 1 }: Work): Promise<number> {
  const started = performance.now();
  for (let time = 0; time < times; time++) {
    const result = run();
    if (result instanceof Promise) await result;
  }
  return (performance.now() - started) / times;
}
