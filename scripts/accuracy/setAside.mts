import { analyze } from "../../src/core/analyze.ts";
import type { MemoryEstimate } from "../../src/core/memory/estimate.ts";
import type { Catalogue } from "../../src/core/models/catalogue.ts";
import { versionsFrom } from "../../src/core/plan/versions.ts";
import { gibibyte } from "../../src/core/units.ts";
import { type Settings, yamlConfig } from "./config.mts";
import { percent, signed, type Table } from "./report.mts";
import sources from "./setAside.json" with { type: "json" };
import { groupBy, summaryOf } from "./statistics.mts";

/** What torch has allocated at most, what it has taken from the device, and what the device showed, or a figure that is not explained. */
type Counter = "allocated" | "reserved" | "device";

interface Measured {
  readonly GiB: number;
  /** The error of the first estimate, before anything was looked at; null where there was none, or where it was not written down. */
  readonly first: number | null;
}

/** A published run that had no part in making the estimates, as the config that its user would have. */
interface RunSetAside {
  readonly name: string;
  readonly settings: Settings;
  readonly versions?: string;
  readonly gpus?: number;
  readonly linked?: Readonly<Record<string, Settings>>;
  /** What no estimate is about: logits that a measuring script keeps through the backward pass, or a driver that takes more than others. */
  readonly keptMiB?: number;
  readonly measured: Readonly<Partial<Record<Counter, Measured>>>;
}

interface SourceSetAside {
  readonly source: string;
  /** Of the two times that runs were looked for; those of the second found what the first had shown mended. */
  readonly round: number;
  readonly versions?: string;
  /** Settings of all its runs. */
  readonly shared: Settings;
  readonly runs: readonly RunSetAside[];
}

/** How far the estimate of a figure is off, first and now: over what was measured, less one; NaN where there is none. */
export interface ErrorSetAside {
  readonly source: string;
  readonly round: number;
  readonly run: string;
  readonly counter: Counter;
  readonly first: number;
  readonly now: number;
}

const bytesOf: Readonly<Record<Counter, keyof MemoryEstimate & `${string}Bytes`>> = {
  allocated: "allocatedBytes",
  reserved: "reservedBytes",
  device: "deviceBytes",
};

const counters = Object.keys(bytesOf) as readonly Counter[];

export function errorsSetAside(catalogue: Catalogue): readonly ErrorSetAside[] {
  return (sources as readonly SourceSetAside[]).flatMap((source) =>
    source.runs.flatMap((run) => errorsOf(source, run, catalogue)),
  );
}

function errorsOf(source: SourceSetAside, run: RunSetAside, catalogue: Catalogue): readonly ErrorSetAside[] {
  const versions = versionsFrom(run.versions ?? source.versions ?? "");
  const files = run.linked ? { files: run.linked } : {};
  const { text, format, linked } = yamlConfig({ ...source.shared, ...run.settings }, versions, files);
  const gpus = run.gpus === undefined ? {} : { gpus: run.gpus };
  const memory = analyze(text, { format, catalogue, versions, linked, ...gpus })?.memory.value;
  return counters.flatMap((counter) => {
    const measured = run.measured[counter];
    if (!measured) return [];
    const bytes = measured.GiB * gibibyte - (run.keptMiB ?? 0) * 2 ** 20;
    const now = (memory?.[bytesOf[counter]] ?? Number.NaN) / bytes - 1;
    return {
      source: source.source,
      round: source.round,
      run: run.name,
      counter,
      first: measured.first ?? Number.NaN,
      now,
    };
  });
}

/** How far the estimates of each source are off, and of all runs of a round by their surest figure. */
export function setAsideTable(errors: readonly ErrorSetAside[]): Table {
  const groups = groupBy(errors, ({ source, counter }) => `${source} | ${counter}`);
  const surest = [...groupBy(errors, ({ source, run }) => `${source}: ${run}`).values()].flatMap((all) => all[0] ?? []);
  const rounds = groupBy(surest, ({ round }) => String(round));
  return [
    ["Source", "Counter", "n", "first: median", "p90", "now: median", "p90", "bias"],
    ...[...groups.values()].map((group) => cellsOf(group[0]?.source ?? "", group[0]?.counter ?? "", group)),
    ...[...rounds].map(([round, runs]) => cellsOf(`round ${round}, each run by the first of its counters`, "", runs)),
  ];
}

function cellsOf(source: string, counter: string, errors: readonly ErrorSetAside[]): readonly string[] {
  const first = errors.map((each) => each.first).filter((error) => !Number.isNaN(error));
  const now = summaryOf(errors.map((each) => each.now).filter((error) => !Number.isNaN(error)));
  const before = summaryOf(first);
  const cells = first.length > 0 ? [percent(before.median), percent(before.p90)] : ["", ""];
  return [source, counter, String(errors.length), ...cells, percent(now.median), percent(now.p90), signed(now.bias)];
}
