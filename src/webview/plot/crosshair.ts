import { t } from "../../core/language.ts";
import { type PlottedCurve, placeText, type ReadyPlot, rateAt } from "../../core/report/plottedCurve.ts";
import { formatRate } from "../../core/units.ts";
import { type Axes, pixelX, pixelY } from "./axes.ts";
import type { CurveStyle } from "./curveStyles.ts";

/** Where the crosshair stands, with a dot on each curve and words at its foot. */
export interface Crosshair {
  readonly x: number;
  readonly dots: readonly { readonly y: number; readonly color: string }[];
  readonly text: string;
}

/** The crosshair on update `step` of the first curve, over `curves`, which are drawn; null where it is out of sight. */
export function crosshairAt(
  step: number,
  plot: ReadyPlot,
  curves: readonly PlottedCurve[],
  styles: ReadonlyMap<string, CurveStyle>,
  axes: Axes,
): Crosshair | null {
  const place = step * plot.curves[0].scale;
  if (place < axes.x.from || place > axes.x.to) return null;
  const dots = curves.flatMap((curve) => {
    const rate = rateAt(curve, place);
    if (rate === undefined || (axes.log && rate <= 0)) return [];
    return [{ y: pixelY(axes, rate), color: styles.get(curve.id)?.color ?? "" }];
  });
  const [first] = curves;
  const rate = first && rateAt(first, place);
  const where = plot.unit === "updates" ? t`update ${placeText(plot, place)}` : placeText(plot, place);
  return { x: pixelX(axes, place), dots, text: rate === undefined ? where : `${where} · ${formatRate(rate)}` };
}

/** The last update of the first curve's axis that something is drawn of. */
export function lastStep({ curves: [{ scale }], end }: ReadyPlot): number {
  return Math.max(0, Math.ceil(end / scale - 1e-9) - 1);
}
