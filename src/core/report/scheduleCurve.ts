import { t } from "../language.ts";
import type { PhaseName } from "../schedule/course.ts";
import { type LrSchedule, rateOf } from "../schedule/lrSchedule.ts";
import { mostWhileTyping, samplePoints } from "../schedule/sampling.ts";
import { formatCount, formatRate } from "../units.ts";
import { phaseNames } from "./phaseNames.ts";

const width = 420;
const height = 118;
/** The rectangle that the curve is in. */
const box = { left: 52, top: 16, right: 414, bottom: 98 };
/** Grey that is legible on light and dark backgrounds: an image in a hover does not know the theme. */
const ink = "#8a8a8a";

const phaseColors: Readonly<Record<PhaseName, string>> = {
  warmup: "#e08a2e",
  stable: "#4a9e5c",
  decay: "#3b86d1",
  cycle: "#9266c4",
  cooldown: "#b89b2f",
  floor: ink,
  rise: "#c94f4f",
};

/** The curve of the run as a small SVG: phases with their names, the peak and both ends of the run on the axes. */
export function scheduleCurve(schedule: LrSchedule): string {
  const { totalSteps: total, phases, stepsKnown } = schedule;
  const own = rateOf(schedule);
  const starts = phases.map(({ from }) => from);
  const lines = [undefined, ...schedule.groups].map((group) => ({
    group,
    points: samplePoints(
      group ? rateOf(schedule, group) : own,
      { from: 0, to: total - 1 },
      181,
      starts,
      mostWhileTyping,
    ),
  }));
  const most = Math.max(...lines.flatMap(({ points }) => points.map(([, rate]) => rate)), Number.MIN_VALUE);
  const x = (step: number) => box.left + (step / Math.max(1, total - 1)) * (box.right - box.left);
  const y = (rate: number) => box.bottom - (rate / most) * (box.bottom - box.top);
  const bands = phases.flatMap(({ name, from, to }) => {
    const [start, end] = [x(Math.min(from, total - 1)), x(Math.min(to, total - 1))];
    return end > start ? [{ name, start, end }] : [];
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}">`,
    ...bands.map(
      ({ name, start, end }, index) =>
        `<rect x="${round(start)}" y="${box.top}" width="${round(end - start)}" height="${box.bottom - box.top}" ` +
        `fill="${phaseColors[name]}" fill-opacity="${index % 2 === 0 ? 0.16 : 0.1}"/>`,
    ),
    ...names(bands),
    `<path d="M${box.left} ${box.top}V${box.bottom}H${box.right}" fill="none" stroke="${ink}"/>`,
    ...lines.map(({ group, points }) => {
      const d = points.map(([step, rate], index) => `${index === 0 ? "M" : "L"}${round(x(step))} ${round(y(rate))}`);
      const style = group
        ? 'stroke="#9266c4" stroke-width="1.5" stroke-dasharray="5 3"'
        : 'stroke="#3b86d1" stroke-width="2"';
      return `<path d="${d.join("")}" fill="none" ${style}/>`;
    }),
    text(formatRate(most), box.left - 5, box.top + 4, "end"),
    text("0", box.left - 5, box.bottom + 4, "end"),
    text(stepsKnown ? "0" : "0 %", box.left, height - 5, "start"),
    text(stepsKnown ? t`${formatCount(total)} updates` : t`100 % of the run`, box.right, height - 5, "end"),
    "</svg>",
  ].join("");
}

interface Band {
  readonly name: PhaseName;
  readonly start: number;
  readonly end: number;
}

/** The names of the phases above them, as far as there is room; cycles have one together. */
function names(bands: readonly Band[]): readonly string[] {
  const groups: { name: PhaseName; start: number; end: number; count: number }[] = [];
  for (const { name, start, end } of bands) {
    const last = groups.at(-1);
    if (last?.name === name) [last.end, last.count] = [end, last.count + 1];
    else groups.push({ name, start, end, count: 1 });
  }
  let free = box.left;
  return groups.flatMap(({ name, start, end, count }, index) => {
    const label = count > 1 ? `${count} × ${phaseNames[name]}` : phaseNames[name];
    const size = 6.2 * label.length;
    const left = Math.max(free, Math.min(start + Math.max(0, (end - start - size) / 2), box.right - size));
    const room = groups[index + 1] ? end : box.right;
    if (left + size > Math.max(room, start + size)) return [];
    free = left + size + 8;
    return [text(label, left, box.top - 5, "start")];
  });
}

function text(words: string, x: number, y: number, anchor: "start" | "end"): string {
  return (
    `<text x="${round(x)}" y="${round(y)}" text-anchor="${anchor}" font-family="sans-serif" font-size="11" ` +
    `fill="${ink}">${words}</text>`
  );
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
