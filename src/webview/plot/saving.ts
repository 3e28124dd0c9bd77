import { t } from "../../core/language.ts";
import type { PlottedCurve, ReadyPlot } from "../../core/report/plottedCurve.ts";
import { scheduleCsv } from "../../core/report/scheduleRows.ts";
import { formatCount } from "../../core/units.ts";
import { mostSaved } from "../../protocol.ts";

/** Updates beyond which a table of them is nothing for a page to write. */
const mostRows = 2_000_000;

/** The rates of every update as CSV, or why the page does not write them. */
export function savedRates(
  plot: ReadyPlot,
  curves: readonly PlottedCurve[],
): { readonly csv: string } | { readonly refusal: string } {
  const updates = Math.max(...plot.curves.map(({ total }) => total));
  const csv = updates > mostRows ? undefined : scheduleCsv(plot, curves);
  if (csv !== undefined && csv.length <= mostSaved) return { csv };
  const size = t`${formatCount(updates)} updates are more than the panel saves`;
  return { refusal: t`${size}; fine-tune-lens schedule --format csv writes them.` };
}

/** `sft-learning-rate` for `configs/sft.yaml`. */
export function savedName(file: string): string {
  const name = file.replace(/^.*[\\/]/, "").replace(/\.\w+$/, "");
  return `${name}-learning-rate`;
}
