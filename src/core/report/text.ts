import type { Analysis } from "../analyze.ts";
import type { Gpu } from "../gpus/gpu.ts";
import type { MemoryEstimate } from "../memory/estimate.ts";
import type { Finding } from "../rules/rule.ts";
import { sampleSchedule } from "../schedule/lrSchedule.ts";
import {
  formatCount,
  formatFraction,
  formatGibibytes,
  formatGigabytes,
  formatParameters,
  formatRate,
} from "../units.ts";
import { componentStyles } from "./components.ts";
import { methodNames } from "./topicText.ts";
import { nodesText, verdictWithAssumptions } from "./verdict.ts";

/** One line: dialect, model, method, memory per GPU, which GPUs hold it, findings. */
export function summaryLine(analysis: Analysis): string {
  return [subjectText(analysis), verdictWithAssumptions(analysis), findingsSummary(analysis.findings)].join(" · ");
}

/** What is trained, with what and how. */
export function subjectText({ dialect, model, plan }: Analysis): string {
  const size = model.value ? formatParameters(model.value.parameters.total) : "unknown size";
  const method = plan.method.value ? methodNames[plan.method.value] : "unknown method";
  return `${dialect.label} · ${plan.model.id.value ?? "unknown model"} (${size}) · ${method}`;
}

export function findingsSummary(findings: readonly Finding[]): string {
  if (findings.length === 0) return "no findings";
  return findings.map(({ severity, rule, range }) => `${severity} ${rule} on line ${range.start.line + 1}`).join(", ");
}

/** The estimate as a few aligned lines: the summary, the components at the peak, the fit on each of `gpus`. */
export function estimateText(analysis: Analysis, gpus: readonly Gpu[]): string {
  const { memory, ruleOfThumb } = analysis;
  const lines = [summaryLine(analysis)];
  if (memory.value) {
    const { components, peakAt, lowBytes, highBytes } = memory.value;
    lines.push(`  peak at the ${peakAt}, ${formatGibibytes(lowBytes)} to ${formatGibibytes(highBytes)}`);
    for (const { key, label } of componentStyles) {
      if (components[key] > 0) lines.push(`    ${label.padEnd(18)}${formatGibibytes(components[key]).padStart(10)}`);
    }
    lines.push(...elsewhere(memory.value).map((line) => `  ${line}`));
  }
  if (ruleOfThumb.value) {
    const { stateBytes, activationBytes, totalBytes } = ruleOfThumb.value;
    const terms = `${formatGigabytes(stateBytes)} and ${formatGigabytes(activationBytes)} of activations`;
    lines.push(`  rule of thumb: ${terms}, ${formatGigabytes(totalBytes)} on one GPU`);
  }
  for (const gpu of gpus) {
    const fit = analysis.fitOn(gpu);
    if (!fit) continue;
    const least = fit.minGpus ?? 1;
    const minimum = least > 1 ? `, at least ${least} with all states sharded${nodesText(gpu, least)}` : "";
    lines.push(`  ${gpu.name.padEnd(20)}${fit.verdict.padEnd(6)}${formatFraction(fit.usedFraction)}${minimum}`);
  }
  return lines.join("\n");
}

/** What the peak does not tell: the smaller of training and evaluation, and the host's memory. */
function elsewhere({ peakAt, trainDeviceBytes, evalDeviceBytes, hostBytes }: MemoryEstimate): readonly string[] {
  const other = peakAt === "evaluation" ? `training step: ${formatGibibytes(trainDeviceBytes)}` : undefined;
  const evaluation = evalDeviceBytes === null ? undefined : `evaluation: ${formatGibibytes(evalDeviceBytes)}`;
  const host = hostBytes > 0 ? `host memory per GPU: ${formatGibibytes(hostBytes)}` : undefined;
  return [other ?? evaluation, host].filter((line) => line !== undefined);
}

/** Findings as compilers print them, one line each. */
export function findingsText(file: string, findings: readonly Finding[]): string {
  return findings
    .map(({ range, severity, message, rule }) => {
      const { line, character } = range.start;
      return `${file}:${line + 1}:${character + 1}: ${severity}: ${message} [${rule}]`;
    })
    .join("\n");
}

/** The schedule as its numbers, the parameters with a peak of their own and a table of at most `points` updates. */
export function scheduleText({ schedule }: Analysis, points: number): string {
  if (!schedule.value) return schedule.reason;
  const { name, peak, final, totalSteps, warmupSteps, stepsKnown, groups } = schedule.value;
  const length = stepsKnown
    ? `${formatCount(totalSteps)} updates, ${formatCount(warmupSteps)} of them warmup`
    : "unknown number of updates: say --samples N or --steps T";
  const rows = stepsKnown ? sampleSchedule(schedule.value, points) : [];
  return [
    `${name}, peak ${formatRate(peak)}, last update at ${formatRate(final)}, ${length}`,
    ...groups.map((group) => `${group.name}: peak ${formatRate(group.peak.value)}`),
    ...rows.map(([step, rate]) => `${String(step).padStart(10)}  ${formatRate(rate)}`),
  ].join("\n");
}

/** Every sampled update as `step,learning_rate` with all digits. */
export function scheduleCsv({ schedule }: Analysis, points: number): string {
  if (!schedule.value?.stepsKnown) return "step,learning_rate";
  return ["step,learning_rate", ...sampleSchedule(schedule.value, points).map((row) => row.join(","))].join("\n");
}
