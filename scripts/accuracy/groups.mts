import type { Compared, Point } from "./outcome.mts";
import { type Counter, type Row, sourceOf } from "./row.mts";
import { groupBy, type Summary, summaryOf } from "./statistics.mts";

/** A point with the row that it belongs to. */
export interface Sample {
  readonly row: Row;
  readonly point: Point;
}

/** Samples that have something in common, with how far the estimates and the rule of thumb are off. */
export interface Group {
  readonly name: readonly string[];
  readonly ours: Summary;
  readonly ruleOfThumb: Summary;
  readonly inRange: number;
}

export function samplesOf(compared: readonly Compared[]): readonly Sample[] {
  return compared.flatMap(({ row, points }) => points.map((point) => ({ row, point })));
}

/** Groups by source, method, GPUs and counter, in that order. */
export function groupsOf(samples: readonly Sample[]): readonly Group[] {
  const byName = groupBy(samples, ({ row, point }) => JSON.stringify(nameOf(row, point.counter)));
  return [...byName].map(([name, members]) => groupOf(JSON.parse(name), members));
}

export function nameOf(row: Row, counter: Counter): readonly string[] {
  return [sourceOf(row), row.method ?? "", gpusOf(row), counter];
}

/** How many GPUs, and what they share. */
function gpusOf({ num_gpus, fsdp, zero_stage }: Row): string {
  const split =
    zero_stage === null ? (fsdp === null ? "" : /no_shard/.test(fsdp) ? " DDP" : " FSDP") : ` ZeRO-${zero_stage}`;
  return `${num_gpus}${split}`;
}

export function groupOf(name: readonly string[], samples: readonly Sample[]): Group {
  return {
    name,
    ours: summaryOf(samples.map(({ point }) => point.error)),
    ruleOfThumb: summaryOf(samples.map(({ point }) => point.ruleOfThumbError)),
    inRange: samples.filter(({ point }) => point.isInRange).length / samples.length,
  };
}

/** The sets that accuracy is promised for. */
export function totalsOf(samples: readonly Sample[]): readonly Group[] {
  const allocated = samples.filter(({ point }) => point.counter === "allocated");
  const shown = samples.filter(({ point }) => point.counter === "nvidia-smi" || point.counter === "reserved");
  const ofQuality = (qualities: string) => allocated.filter(({ row }) => qualities.includes(row.quality));
  const sets: readonly (readonly [string, readonly Sample[]])[] = [
    ["allocated, quality A, one GPU", ofQuality("A").filter(({ row }) => row.num_gpus === 1)],
    ["allocated, quality A, several GPUs", ofQuality("A").filter(({ row }) => row.num_gpus > 1)],
    ["allocated, quality A", ofQuality("A")],
    ["allocated, quality A and B", ofQuality("AB")],
    ["allocated, one GPU", allocated.filter(({ row }) => row.num_gpus === 1)],
    ["allocated, several GPUs", allocated.filter(({ row }) => row.num_gpus > 1)],
    ["reserved or nvidia-smi", shown],
    ["all figures", samples],
  ];
  return sets.filter(([, members]) => members.length > 0).map(([name, members]) => groupOf([name], members));
}
