import { comparedGpus, compareRuns } from "../advice/compareMethods.ts";
import type { Analysis } from "../analyze.ts";
import { type Answer, known, missing } from "../answer.ts";
import { findGpu, usableBytes } from "../gpus/catalogue.ts";
import { t } from "../language.ts";
import type { Components } from "../memory/components.ts";
import { formatGibibyteRange, formatGibibytes, gibibyte } from "../units.ts";
import { settingOf, shortVerdict } from "./alternatives.ts";
import { type ComparedFile, type ComparedView, comparedViews } from "./comparedFiles.ts";
import { momentNames } from "./components.ts";
import type { Trial } from "./controls.ts";
import { type SamplesView, samplesView } from "./samplesView.ts";
import { type SchedulePlot, schedulePlot } from "./schedulePlot.ts";
import { findingsSummary, subjectText } from "./text.ts";
import { verdictWithAssumptions } from "./verdict.ts";
import { type WaysTable, waysTable } from "./waysTable.ts";
import { type RoomRow, roomRows, type WhatIfView, whatIfView } from "./whatIfView.ts";

/** What the panel draws; every figure is ready, the page computes none. */
export interface PanelModel {
  readonly file: string;
  /** Dialect, model and method. */
  readonly subject: string;
  /** Memory per GPU and which GPUs hold it. */
  readonly verdict: string;
  readonly findings: string;
  readonly schedule: Answer<SchedulePlot>;
  /** Null where there is nothing to ask and nothing to say of the training samples. */
  readonly samples: SamplesView | null;
  /** The files that it is compared with. */
  readonly compared: readonly ComparedView[];
  readonly memory: Answer<MemoryChart>;
  readonly whatIf: WhatIfView;
}

/** What takes many runs to work out, and is shown a little later. */
export interface PanelDetails {
  readonly room: readonly RoomRow[];
  readonly ways: Answer<WaysTable>;
}

export interface MemoryChart {
  readonly bars: readonly MemoryBar[];
  readonly lines: readonly { readonly gpu: string; readonly gibibytes: number }[];
  /** The range of the run that the panel is about, and when it needs the most. */
  readonly peak: string;
  /** That and the bars in words. */
  readonly description: string;
}

export interface MemoryBar {
  readonly label: string;
  /** Whether it is the run that the panel is about: the config's, or what is tried instead. */
  readonly current: boolean;
  readonly gibibytes: Readonly<Record<keyof Components, number>>;
  /** The least and the most to expect, in GiB. */
  readonly range: readonly [low: number, high: number];
  readonly total: string;
  /** `tight`, or the smallest common GPU that holds it. */
  readonly verdict: string;
}

/** The GPUs that the article draws its lines for; that which the run is meant for goes before them. */
const lineGpus = ["rtx-4090", "rtx-a6000", "a100-80gb"];

/** `analysis` is what the panel shows: the file's, or that of the text that is tried instead. `compared` are other files. */
export function panelModel(
  file: string,
  analysis: Analysis,
  trial: Trial = { file: analysis, hypothesis: {} },
  compared: readonly ComparedFile[] = [],
): PanelModel {
  return {
    file,
    subject: subjectText(analysis),
    verdict: `${trial.file === analysis ? "" : t`What if: `}${verdictWithAssumptions(analysis)}`,
    findings: findingsSummary(analysis.findings),
    schedule: schedulePlot(analysis, trial, compared),
    samples: samplesView(analysis),
    compared: comparedViews(compared),
    memory: memoryChart(analysis, trial),
    whatIf: whatIfView(analysis, trial),
  };
}

export function panelDetails(analysis: Analysis): PanelDetails {
  return { room: roomRows(analysis), ways: waysTable(analysis) };
}

function memoryChart(analysis: Analysis, { file }: Trial): Answer<MemoryChart> {
  const { plan, memory, target } = analysis;
  const setting = settingOf(analysis);
  const tries = file !== analysis;
  const runs = setting
    ? compareRuns(plan, setting, comparedGpus(plan, target), tries ? t`What if` : t`This config`)
    : [];
  if (runs.length === 0) return missing("reason" in memory ? memory.reason : "");
  const own = runs.filter(({ current }) => current);
  const others = runs.filter(({ current }) => !current);
  const before = tries && file.memory.value ? [{ label: t`The file`, current: false, memory: file.memory.value }] : [];
  const bars = [...own, ...before, ...others].map(({ label, current, memory: need }) => ({
    label,
    current,
    gibibytes: inGibibytes(need.components),
    range: [need.lowBytes / gibibyte, need.highBytes / gibibyte] as const,
    total: formatGibibytes(need.deviceBytes),
    verdict: shortVerdict(need, analysis),
  }));
  const references = lineGpus.filter((id) => id !== target?.id).flatMap((id) => findGpu(id) ?? []);
  const lines = (target ? [target, ...references] : references).map((gpu) => ({
    gpu: gpu.name,
    gibibytes: usableBytes(gpu) / gibibyte,
  }));
  const peak = peakText(memory);
  return known({ bars, lines, peak, description: [peak, ...bars.map(barText)].join("; ") });
}

/** `137.7–140.6 GiB, the most at the end of the forward pass`; or why it is unknown. */
function peakText(memory: Analysis["memory"]): string {
  if (!memory.value) return t`Memory of this config is unknown: ${memory.reason}`;
  const { lowBytes, highBytes, peakAt } = memory.value;
  return t`${formatGibibyteRange(lowBytes, highBytes)}, the most at the ${momentNames[peakAt]}`;
}

function barText({ label, total, verdict }: MemoryBar): string {
  return `${label} ${total} (${verdict})`;
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
