import type { Analysis } from "../analyze.ts";
import type { Fit } from "../gpus/fit.ts";
import type { Gpu } from "../gpus/gpu.ts";
import type { Components } from "../memory/components.ts";
import type { MemoryEstimate } from "../memory/estimate.ts";
import { formatFraction, formatGibibytes, formatGigabytes } from "../units.ts";
import { componentStyles } from "./components.ts";
import { type Line, styled, type TextStyle } from "./lines.ts";
import { findingsSummary, subjectText } from "./text.ts";
import { nodesText, verdictWithAssumptions } from "./verdict.ts";

/** Characters of the bar of all parts together. */
const barWidth = 40;

const componentColors: Readonly<Record<keyof Components, TextStyle>> = {
  weights: "blue",
  gradients: "yellow",
  optimizer: "magenta",
  activations: "green",
  logits: "red",
  buffers: "cyan",
  overhead: "gray",
};

/** The estimate for a terminal: the summary, the parts at the peak with their bars, the fit on each of `gpus`. */
export function estimateLines(analysis: Analysis, gpus: readonly Gpu[]): readonly Line[] {
  const { memory, ruleOfThumb } = analysis;
  const nameWidth = Math.max(20, ...gpus.map(({ name }) => name.length + 1));
  return [
    summaryParts(analysis),
    ...(memory.value ? memoryLines(memory.value) : []),
    ...(ruleOfThumb.value
      ? [
          [
            `  rule of thumb: ${formatGigabytes(ruleOfThumb.value.stateBytes)} and ` +
              `${formatGigabytes(ruleOfThumb.value.activationBytes)} of activations, ` +
              `${formatGigabytes(ruleOfThumb.value.totalBytes)} on one GPU`,
          ],
        ]
      : []),
    ...gpus.flatMap((gpu) => {
      const fit = analysis.fitOn(gpu);
      return fit ? [fitLine(gpu, fit, nameWidth)] : [];
    }),
  ];
}

function summaryParts(analysis: Analysis): Line {
  return [
    subjectText(analysis),
    " · ",
    styled("bold", verdictWithAssumptions(analysis)),
    " · ",
    findingsSummary(analysis.findings),
  ];
}

function memoryLines(memory: MemoryEstimate): readonly Line[] {
  const { components, peakAt, lowBytes, highBytes } = memory;
  const total = Object.values(components).reduce((sum, bytes) => sum + bytes, 0);
  return [
    [`  peak at the ${peakAt}, ${formatGibibytes(lowBytes)} to ${formatGibibytes(highBytes)}`],
    ...componentStyles
      .filter(({ key }) => components[key] > 0)
      .map(({ key, label }): Line => {
        const bar = "█".repeat(Math.max(1, Math.round((barWidth * components[key]) / total)));
        const name = `    ${label.padEnd(18)}${formatGibibytes(components[key]).padStart(10)}  `;
        return [name, styled(componentColors[key], bar)];
      }),
    ...elsewhere(memory).map((line) => [`  ${line}`]),
  ];
}

/** What the peak does not tell: the smaller of training and evaluation, and the host's memory. */
function elsewhere({ peakAt, trainDeviceBytes, evalDeviceBytes, hostBytes }: MemoryEstimate): readonly string[] {
  const other = peakAt === "evaluation" ? `training step: ${formatGibibytes(trainDeviceBytes)}` : undefined;
  const evaluation = evalDeviceBytes === null ? undefined : `evaluation: ${formatGibibytes(evalDeviceBytes)}`;
  const host = hostBytes > 0 ? `host memory per GPU: ${formatGibibytes(hostBytes)}` : undefined;
  return [other ?? evaluation, host].filter((line) => line !== undefined);
}

const verdictColors: Readonly<Record<Fit["verdict"], TextStyle>> = { fits: "green", tight: "yellow", no: "red" };

function fitLine(gpu: Gpu, { verdict, usedFraction, minGpus }: Fit, nameWidth: number): Line {
  const least = minGpus ?? 1;
  const minimum = least > 1 ? `, at least ${least} with all states sharded${nodesText(gpu, least)}` : "";
  return [
    `  ${gpu.name.padEnd(nameWidth)}`,
    styled(verdictColors[verdict], verdict.padEnd(6)),
    `${formatFraction(usedFraction)}${minimum}`,
  ];
}
