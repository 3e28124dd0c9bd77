import { t } from "../../core/language.ts";
import { phaseNames } from "../../core/report/phaseNames.ts";
import { type PlottedCurve, placeText, progressWith, type ReadyPlot, rateAt } from "../../core/report/plottedCurve.ts";
import { formatCount, formatFraction, formatRate, formatTokens } from "../../core/units.ts";
import { element } from "../elements.ts";
import type { CurveStyle } from "./curveStyles.ts";
import { swatch } from "./legend.ts";

/** Curves beyond these have their rates in the table alone. */
const mostCurves = 8;

/** Milliseconds without a move before the crosshair is read out. */
const announceDelay = 200;

interface Figure {
  readonly name: string;
  readonly value: string;
  readonly style?: CurveStyle | undefined;
}

/** The figures under the crosshair, in a row that keeps its height, and aloud for who moves it with the keyboard. */
export class Readout {
  readonly node: HTMLElement;
  readonly #list = element("dl", { class: "readout" });
  readonly #live = element("p", { class: "unseen", "aria-live": "polite" });
  #pending: ReturnType<typeof setTimeout> | undefined;

  constructor() {
    this.node = element("div", {}, this.#list, this.#live);
  }

  /** The figures at update `step` of the first curve; none while there is no crosshair. */
  show(
    plot: ReadyPlot,
    curves: readonly PlottedCurve[],
    styles: ReadonlyMap<string, CurveStyle>,
    step: number | null,
  ): void {
    const items = figures(plot, curves, styles, step).map(({ name, value, style }) =>
      element(
        "div",
        {},
        element("dt", { title: name }, ...(style ? [swatch(style)] : []), element("span", {}, name)),
        element("dd", {}, value),
      ),
    );
    this.#list.replaceChildren(...items);
  }

  announce(plot: ReadyPlot, curves: readonly PlottedCurve[], step: number): void {
    clearTimeout(this.#pending);
    this.#pending = setTimeout(() => {
      const said = figures(plot, curves, new Map(), step).map(({ name, value }) => `${name} ${value}`);
      this.#live.textContent = said.join(", ");
    }, announceDelay);
  }
}

function figures(
  plot: ReadyPlot,
  curves: readonly PlottedCurve[],
  styles: ReadonlyMap<string, CurveStyle>,
  step: number | null,
): readonly Figure[] {
  const [main] = plot.curves;
  const { epochs, tokens } = progressWith(step ?? 0, plot);
  const value = (text: () => string) => (step === null ? "–" : text());
  const place = () => {
    const text = placeText(plot, (step ?? 0) * main.scale);
    return plot.unit === "updates" && (step ?? 0) < main.total ? t`${text} of ${formatCount(main.total)}` : text;
  };
  return [
    { name: plot.unit === "updates" ? t`Update` : t`Run`, value: value(place) },
    ...(epochs === null ? [] : [{ name: t`Epoch`, value: value(() => epochs.toFixed(2)) }]),
    ...(tokens === null ? [] : [{ name: t`Tokens seen`, value: value(() => formatTokens(tokens)) }]),
    { name: t`Phase`, value: value(() => phaseAt(main, step ?? 0)) },
    ...(plot.curves.length === 1
      ? [
          { name: t`Learning rate`, value: value(() => formatRate(main.rate(step ?? 0))) },
          { name: t`Share of peak`, value: value(() => shareText(main, main.rate(step ?? 0))) },
        ]
      : curves.slice(0, mostCurves).map((curve) => ({
          name: curve.label,
          value: value(() => rateText(curve, (step ?? 0) * main.scale)),
          style: styles.get(curve.id),
        }))),
    ...(curves.length > mostCurves
      ? [{ name: t`Others`, value: t`${formatCount(curves.length - mostCurves)} in the table` }]
      : []),
  ];
}

function phaseAt({ schedule, total, end }: PlottedCurve, step: number): string {
  if (step >= total) return step < end ? t`never used` : t`the run is over`;
  const phase = schedule.phases.find(({ from, to }) => step >= from && step < to);
  return phase ? phaseNames[phase.name] : "";
}

/** `2.34e-4 · 78 %`, with the share of the curve's own peak. */
function rateText(curve: PlottedCurve, x: number): string {
  const rate = rateAt(curve, x);
  return rate === undefined ? t`the run is over` : `${formatRate(rate)} · ${shareText(curve, rate)}`;
}

function shareText({ peak }: PlottedCurve, rate: number): string {
  return peak > 0 ? formatFraction(rate / peak) : "–";
}
