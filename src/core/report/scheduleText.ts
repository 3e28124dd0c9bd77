import type { Analysis } from "../analyze.ts";
import { t } from "../language.ts";
import { equationOf, type LrSchedule, rateOf } from "../schedule/lrSchedule.ts";
import { highestPoint, mostWhileTyping } from "../schedule/sampling.ts";
import { formatCount, formatRate, formatTokens } from "../units.ts";
import { capitalized, sentence, symbolsText } from "./formulaText.ts";
import { escapeMarkdown, inlineSvg } from "./markdown.ts";
import { scheduleCurve } from "./scheduleCurve.ts";

/** The curve of the run as a picture, the rates at its ends, its formula, and what one would not expect; Markdown sections. */
export function scheduleSections({ schedule }: Pick<Analysis, "schedule">): readonly string[] {
  if (!schedule.value) return [];
  const { surprises, stepsKnown } = schedule.value;
  return [
    inlineSvg(scheduleCurve(schedule.value), t`The learning rate over the run: ${schedule.value.name}`),
    ...(stepsKnown ? [ratesText(schedule.value)] : []),
    formulaSection(schedule.value),
    ...surprises.map((surprise) => `$(info) ${escapeMarkdown(sentence(surprise))}`),
  ];
}

/** The first rate, the highest, the last, and the tokens that the run sees. */
function ratesText(schedule: LrSchedule): string {
  const rate = rateOf(schedule);
  const { totalSteps, phases, final, request, groups } = schedule;
  const starts = phases.map(({ from }) => from);
  const [step, highest] = highestPoint(rate, totalSteps, starts, mostWhileTyping);
  const { tokensPerUpdate } = request.run;
  const parts = [
    t`first update ${formatRate(rate(0))}`,
    t`highest ${formatRate(highest)} at update ${formatCount(step)}`,
    t`last update ${formatRate(final)}`,
    ...(tokensPerUpdate === undefined
      ? []
      : [t`${formatTokens(totalSteps * tokensPerUpdate)} tokens in full sequences`]),
    ...groups.map(({ name, peak }) => t`${name} peak ${formatRate(peak.value)}`),
  ];
  return escapeMarkdown(capitalized(parts.join(" · ")));
}

/** The formula as code, with what its symbols stand for. */
function formulaSection(schedule: LrSchedule): string {
  const equation = equationOf(schedule);
  return `\`lr(k) = ${equation.formula}\` ${escapeMarkdown(symbolsText(equation, schedule.stepsKnown))}`;
}
