import type { Analysis } from "../analyze.ts";
import type { Fit } from "../gpus/fit.ts";
import { t } from "../language.ts";
import type { MemoryEstimate } from "../memory/estimate.ts";
import { gpusToHold } from "../memory/ruleOfThumb.ts";
import { contains, type Position, type Range } from "../text/position.ts";
import { formatFraction, formatGibibyteRange, formatGibibytes, formatGigabytes, formatParameters } from "../units.ts";
import { alternativesText } from "./alternatives.ts";
import { componentStyles, momentNames } from "./components.ts";
import { escapeMarkdown, inlineSvg } from "./markdown.ts";
import { memoryBar } from "./memoryBar.ts";
import { scheduleSections } from "./scheduleText.ts";
import { type Topic, topicAt } from "./topics.ts";
import { linkText, topicText } from "./topicText.ts";
import { assumptionsText, commonGpus, memoryText, shownFits, verdictText } from "./verdict.ts";

export interface Hover {
  /** Markdown with theme icons and images, without HTML and commands. */
  readonly markdown: string;
  readonly range: Range;
}

/** What there is to say about the key or value at `position`: the verdict first, then this line, then the derivation. */
export function hoverAt(analysis: Analysis, position: Position): Hover | undefined {
  const link = analysis.links.find(
    ({ place }) => contains(place.range, position) || contains(place.keyRange, position),
  );
  const found = link ? { topic: "parallelism" as const, range: link.place.range } : topicAt(analysis.plan, position);
  if (!found) return undefined;
  const { memory, schedule } = analysis;
  const sections = [
    `**${escapeMarkdown(verdictText(analysis))}**${escapeMarkdown(precisionNote(analysis))}`,
    ...(link ? [linkText(link)] : []),
    topicText(found.topic, analysis),
    alternativesText(found.topic, analysis),
    ...(isOfSchedule(found.topic) && schedule.value
      ? scheduleSections(analysis)
      : memory.value
        ? memorySections(analysis, memory.value)
        : []),
  ];
  return { markdown: sections.filter((section) => section !== "").join("\n\n"), range: found.range };
}

/** Whether the picture of a line is the learning rate's instead of the memory's. */
function isOfSchedule(topic: Topic): boolean {
  return topic === "learningRate" || topic === "schedule";
}

/** The range of the estimate, and what it takes for granted. */
function precisionNote(analysis: Analysis): string {
  const { memory } = analysis;
  if (!memory.value) return "";
  const { lowBytes, highBytes } = memory.value;
  const assumptions = assumptionsText(analysis);
  return ` (${formatGibibyteRange(lowBytes, highBytes)}${assumptions === "" ? "" : `; ${assumptions}`})`;
}

function memorySections(analysis: Analysis, memory: MemoryEstimate): readonly string[] {
  return [
    inlineSvg(
      memoryBar(memory, analysis.target ? [analysis.target] : commonGpus(analysis)),
      t`Memory: ${memoryText(analysis)}`,
    ),
    breakdown(memory),
    fitLine(shownFits(analysis)),
    ruleOfThumbLine(analysis),
  ];
}

/** The components at the peak, each with the colour that it has in the bar. */
function breakdown({ components, peakAt }: MemoryEstimate): string {
  const parts = componentStyles
    .filter(({ key }) => components[key] > 0)
    .map(({ key, label, color }) => `${swatch(color)} ${label} **${formatGibibytes(components[key])}**`);
  return t`${parts.join(" · ")} · at the ${momentNames[peakAt]}`;
}

function swatch(color: string): string {
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="10" height="10"><rect width="10" height="10" fill="${color}"/></svg>`;
  return inlineSvg(svg, "");
}

const icons = { fits: "$(pass)", tight: "$(warning)", no: "$(error)" } as const;

function fitLine(fits: readonly Fit[]): string {
  return fits
    .map(({ gpu, verdict, usedFraction, minGpus }) => {
      const used = verdict === "no" ? "" : ` ${formatFraction(usedFraction)}`;
      const from = verdict !== "fits" && minGpus && minGpus > 1 ? t` from ${minGpus}×` : "";
      return `${icons[verdict]} ${escapeMarkdown(gpu.name)}${used}${from}`;
    })
    .join(" · ");
}

/** The textbook figure with its terms, for comparison. */
function ruleOfThumbLine({ ruleOfThumb, run }: Analysis): string {
  if (!ruleOfThumb.value || !run.value) return "";
  const { parameters, bytesPerParameter, stateBytes, activationBytes, totalBytes } = ruleOfThumb.value;
  const { sequences, sequenceLength, architecture, trainable, adapters } = run.value;
  const adapted = adapters ? ` + 16 × ${formatParameters(trainable)}` : "";
  const states = `${bytesPerParameter} × ${formatParameters(parameters)}${adapted} = ${formatGigabytes(stateBytes)}`;
  const product = [sequenceLength, sequences, architecture.hidden, architecture.layers, 12].join("·");
  const count = gpusToHold(totalBytes, 80);
  return escapeMarkdown(
    t`Rule of thumb: ${states}, plus activations s·b·d·L·k = ${product} = ${formatGigabytes(activationBytes)}: ` +
      `${formatGigabytes(totalBytes)}, ${count}× A100 80GB`,
  );
}
