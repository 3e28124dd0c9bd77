import { t } from "../../core/language.ts";
import { phaseNames } from "../../core/report/phaseNames.ts";
import type { PhaseName } from "../../core/schedule/course.ts";
import type { Theme } from "../theme.ts";
import { type Axes, pixelX } from "./axes.ts";
import { placeNames } from "./labels.ts";
import type { Scene } from "./scene.ts";
import { hatching, type Path, rectangle, type Shape, stripHeight, type Text, verticalLine } from "./shapes.ts";

const phaseColors: Readonly<Record<PhaseName, (theme: Theme) => string>> = {
  warmup: ({ charts }) => charts.orange,
  stable: ({ charts }) => charts.green,
  decay: ({ charts }) => charts.blue,
  cycle: ({ charts }) => charts.purple,
  cooldown: ({ charts }) => charts.yellow,
  floor: ({ muted }) => muted,
  rise: ({ charts }) => charts.red,
};

/** The phases of the first curve with their names above, and what of it would come after the end of its run. */
export function phaseBands({ plot, view, axes, measure, line }: Scene): readonly Shape[] {
  const { theme } = view;
  const { box } = axes;
  const [{ schedule, scale, total, end }] = plot.curves;
  const right = box.left + box.width;
  const clipped = (place: number) => Math.min(right, Math.max(box.left, pixelX(axes, place)));
  const bands = schedule.phases.flatMap((phase, index) => {
    const [from, to] = [clipped(phase.from * scale), clipped(Math.min(phase.to, total) * scale)];
    return to > from ? [{ ...phase, index, left: from, right: to }] : [];
  });
  const shapes: Shape[] = [];
  for (const parity of [0, 1]) {
    for (const name of new Set(bands.map((band) => band.name))) {
      const own = bands.filter((band) => band.name === name && band.index % 2 === parity);
      const d = (top: number, height: number) =>
        own.map((band) => rectangle(band.left, top, band.right - band.left, height)).join("");
      if (own.length === 0) continue;
      const color = phaseColors[name](theme);
      if (!theme.highContrast) shapes.push({ kind: "path", d: d(box.top, box.height), fill: color, opacity: 0.1 });
      const opacity = parity === 0 ? 0.9 : 0.55;
      shapes.push({ kind: "path", d: d(box.top - stripHeight, stripHeight), fill: color, opacity });
    }
  }
  const inner = bands
    .filter((band) => band.left > box.left)
    .map((band) => verticalLine(band.left, box.top, box.height));
  if (inner.length > 0) {
    shapes.push({
      kind: "path",
      d: inner.join(""),
      stroke: theme.highContrast ? theme.foreground : theme.grid,
      opacity: theme.highContrast ? 0.5 : 0.8,
    });
  }
  const names = groupsOf(bands).map((group) => ({ ...group, width: measure(group.name) }));
  const [from, to] = [clipped(total * scale), clipped(end * scale)];
  if (to > from) {
    shapes.push(...unusedBand(from, to, axes, theme));
    names.push({ name: neverUsed, width: measure(neverUsed), from, to });
  }
  const texts = placeNames(names, view.width - 2).map(
    ({ name, left }): Text => ({
      kind: "text",
      text: name,
      x: left,
      y: box.top - stripHeight - line / 2 - 1,
      align: "left",
      color: name === neverUsed ? theme.muted : theme.foreground,
    }),
  );
  return [...shapes, ...texts];
}

function unusedBand(left: number, right: number, { box }: Axes, theme: Theme): readonly Path[] {
  return [
    {
      kind: "path",
      d: hatching(left, box.top, right - left, box.height),
      stroke: theme.muted,
      opacity: theme.highContrast ? 0.6 : 0.25,
    },
    { kind: "path", d: verticalLine(left, box.top - stripHeight, box.height + stripHeight), stroke: theme.muted },
  ];
}

interface Named {
  readonly name: string;
  readonly from: number;
  readonly to: number;
}

const neverUsed = t`never used`;

/** Phases of the same name one after the other share it: `4 × cycle`. */
function groupsOf(
  bands: readonly { readonly name: PhaseName; readonly left: number; readonly right: number }[],
): readonly Named[] {
  const groups: { name: PhaseName; count: number; from: number; to: number }[] = [];
  for (const { name, left, right } of bands) {
    const last = groups.at(-1);
    if (last?.name === name) {
      last.to = right;
      last.count++;
    } else groups.push({ name, count: 1, from: left, to: right });
  }
  return groups.map(({ name, count, from, to }) => ({
    name: count > 1 ? `${count} × ${phaseNames[name]}` : phaseNames[name],
    from,
    to,
  }));
}
