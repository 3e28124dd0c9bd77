import type { Analysis } from "../analyze.ts";
import { type Answer, known, missing } from "../answer.ts";
import { findGpu, usableBytes } from "../gpus/catalogue.ts";
import type { Components } from "../memory/estimate.ts";
import { sampleSchedule } from "../schedule/lrSchedule.ts";
import { formatCount, formatFraction, formatGibibytes, formatRate, gibibyte } from "../units.ts";
import { findingsSummary, subjectText } from "./text.ts";
import { verdictWithAssumptions } from "./verdict.ts";

/** What the panel draws; every figure is ready, the page computes none. */
export interface PanelModel {
  readonly file: string;
  /** Dialect, model and method. */
  readonly subject: string;
  /** Memory per GPU and which GPUs hold it. */
  readonly verdict: string;
  readonly findings: string;
  readonly schedule: Answer<SchedulePlot>;
  readonly memory: Answer<MemoryChart>;
}

export interface SchedulePlot {
  readonly name: string;
  /** Updates, or per cent of the run while their number is unknown. */
  readonly unit: "updates" | "percent";
  /** Position on the x axis and learning rate. */
  readonly points: readonly (readonly [x: number, rate: number])[];
  /** Where the x axis ends. */
  readonly end: number;
  readonly warmupEnd: number;
  readonly peak: number;
  /** The curve in words. */
  readonly description: string;
}

export interface MemoryChart {
  readonly bars: readonly MemoryBar[];
  readonly lines: readonly { readonly gpu: string; readonly gibibytes: number }[];
  /** The bars in words. */
  readonly description: string;
}

export interface MemoryBar {
  readonly label: string;
  /** Whether the config trains this way. */
  readonly current: boolean;
  readonly gibibytes: Readonly<Record<keyof Components, number>>;
  readonly total: string;
}

/** More points than a panel has pixels. */
const plotPoints = 1000;

/** The GPUs that the article draws its lines for; that which the run is meant for goes before them. */
const lineGpus = ["rtx-4090", "rtx-a6000", "a100-80gb"];

export function panelModel(file: string, analysis: Analysis): PanelModel {
  return {
    file,
    subject: subjectText(analysis),
    verdict: verdictWithAssumptions(analysis),
    findings: findingsSummary(analysis.findings),
    schedule: schedulePlot(analysis),
    memory: memoryChart(analysis),
  };
}

function schedulePlot({ schedule }: Analysis): Answer<SchedulePlot> {
  if (!schedule.value) return schedule;
  const { name, peak, final, totalSteps, warmupSteps, stepsKnown } = schedule.value;
  const scale = stepsKnown ? 1 : 100 / totalSteps;
  const length = stepsKnown
    ? `over ${formatCount(totalSteps)} updates, ${formatCount(warmupSteps)} of them warmup`
    : `with ${formatFraction(warmupSteps / totalSteps)} warmup, drawn for 1,000 updates (assumed: the number of samples is unknown)`;
  return known({
    name,
    unit: stepsKnown ? "updates" : "percent",
    points: sampleSchedule(schedule.value, plotPoints).map(([step, rate]) => [step * scale, rate] as const),
    end: totalSteps * scale,
    warmupEnd: warmupSteps * scale,
    peak,
    description: `${name} ${length}: peak ${formatRate(peak)}, last update at ${formatRate(final)}`,
  });
}

function memoryChart(analysis: Analysis): Answer<MemoryChart> {
  const bars = analysis.compareMethods().map(({ label, current, memory }) => ({
    label,
    current,
    gibibytes: inGibibytes(memory.components),
    total: formatGibibytes(memory.deviceBytes),
  }));
  if (bars.length === 0) return missing("reason" in analysis.memory ? analysis.memory.reason : "");
  const { target } = analysis;
  const others = lineGpus.filter((id) => id !== target?.id).flatMap((id) => findGpu(id) ?? []);
  const lines = (target ? [target, ...others] : others).map((gpu) => ({
    gpu: gpu.name,
    gibibytes: usableBytes(gpu) / gibibyte,
  }));
  const words = bars.map(({ label, current, total }) => `${label}${current ? " (this config)" : ""} ${total}`);
  return known({ bars, lines, description: words.join(", ") });
}

function inGibibytes(components: Components): MemoryBar["gibibytes"] {
  return {
    weights: components.weights / gibibyte,
    gradients: components.gradients / gibibyte,
    optimizer: components.optimizer / gibibyte,
    activations: components.activations / gibibyte,
    logits: components.logits / gibibyte,
    buffers: components.buffers / gibibyte,
    overhead: components.overhead / gibibyte,
  };
}
