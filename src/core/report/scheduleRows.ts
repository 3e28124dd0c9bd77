import { t } from "../language.ts";
import { formatRate, formatTokens } from "../units.ts";
import { type PlottedCurve, placeText, progressWith, type ReadyPlot, rateAt } from "./plottedCurve.ts";

/** Even steps of the table, beside what is worth a row of its own. */
const evenRows = 20;
/** Phases whose beginnings get a row. */
const phaseRows = 40;

/** What the columns of `scheduleRows` are. */
export function scheduleHead(plot: ReadyPlot, curves: readonly PlottedCurve[]): readonly string[] {
  const [first] = curves;
  return [
    plot.unit === "updates" ? "Update" : "Run",
    ...(plot.updatesPerEpoch === null ? [] : ["Epoch"]),
    ...(plot.tokensPerUpdate === null ? [] : [t`Tokens seen`]),
    ...(first && curves.length === 1 ? [t`Learning rate`] : curves.map(({ label }) => label)),
  ];
}

/** The plot as rows of a table: both ends, the peak, where phases begin and end, and even steps between them. */
export function scheduleRows(plot: ReadyPlot, curves: readonly PlottedCurve[]): readonly (readonly string[])[] {
  const [{ total, scale, schedule }] = plot.curves;
  const last = total - 1;
  const steps = new Set([0, last, plot.highest[0]]);
  for (let row = 1; row < evenRows; row++) steps.add(Math.round((row * last) / evenRows));
  for (const { from } of schedule.phases.slice(0, phaseRows)) {
    for (const step of [Math.ceil(from) - 1, Math.ceil(from)]) if (step >= 0 && step <= last) steps.add(step);
  }
  return [...steps]
    .sort((a, b) => a - b)
    .map((step) => {
      const { epochs, tokens } = progressWith(step, plot);
      return [
        placeText(plot, step * scale),
        ...(epochs === null ? [] : [epochs.toFixed(2)]),
        ...(tokens === null ? [] : [formatTokens(tokens)]),
        ...curves.map((curve) => {
          const rate = rateAt(curve, step * scale);
          return rate === undefined ? "" : formatRate(rate);
        }),
      ];
    });
}

/** Every update of the run with the exact rates of `curves`, as comma-separated values. */
export function scheduleCsv(plot: ReadyPlot, curves: readonly PlottedCurve[]): string {
  const { unit, updatesPerEpoch, tokensPerUpdate } = plot;
  const [{ scale, total }] = plot.curves;
  const rows = Math.max(total, ...curves.map((curve) => Math.round((curve.total * curve.scale) / scale)));
  const lines = [
    [
      unit === "updates" ? "step" : "percent",
      ...(updatesPerEpoch === null ? [] : ["epoch"]),
      ...(tokensPerUpdate === null ? [] : ["tokens"]),
      ...(curves.length === 1 ? ["learning_rate"] : curves.map(({ label }) => csvField(label))),
    ].join(","),
  ];
  for (let step = 0; step < rows; step++) {
    const { epochs, tokens } = progressWith(step, plot);
    const fields: (number | string)[] = [unit === "updates" ? step : (100 * step) / total];
    if (epochs !== null) fields.push(epochs);
    if (tokens !== null) fields.push(tokens);
    for (const curve of curves) {
      const own = Math.round((step * scale) / curve.scale);
      fields.push(own < curve.total ? curve.rate(own) : "");
    }
    lines.push(fields.join(","));
  }
  return `${lines.join("\n")}\n`;
}

/** Text that a spreadsheet takes for neither two fields nor a formula. */
function csvField(text: string): string {
  const plain = /^[=+\-@]/.test(text) ? `'${text}` : text;
  return /[",\n]/.test(plain) ? `"${plain.replaceAll('"', '""')}"` : plain;
}
