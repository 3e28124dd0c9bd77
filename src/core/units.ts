import { t } from "./language.ts";

export const gibibyte = 2 ** 30;

/** `43.2 GiB`; below ten with two digits behind the point, so that small runs are told apart. */
export function formatGibibytes(bytes: number): string {
  const size = bytes / gibibyte;
  return `${size.toFixed(size < 10 ? 2 : 1)} GiB`;
}

/** `137.7–140.6 GiB`. */
export function formatGibibyteRange(low: number, high: number): string {
  return `${formatGibibytes(low).replace(" GiB", "")}–${formatGibibytes(high)}`;
}

/** `46.1 of 79.2 GiB`. */
export function formatGibibytesOf(used: number, all: number): string {
  return t`${formatGibibytes(used).replace(" GiB", "")} of ${formatGibibytes(all)}`;
}

/** `115.2 GB`, in the units of 1e9 bytes that papers and data sheets use. */
export function formatGigabytes(bytes: number): string {
  return `${(bytes / 1e9).toFixed(1)} GB`;
}

const scales = [
  [1e12, "T"],
  [1e9, "B"],
  [1e6, "M"],
] as const;

/** `1.03T`, `6.74B`, `494M`, `8,192`: as the sizes of models and the tokens that a run has seen are written. */
export function formatParameters(count: number): string {
  const rounded = rounding(count);
  const scale = count < 1e6 ? undefined : scales.find(([size]) => rounded >= size);
  return scale ? `${rounded / scale[0]}${scale[1]}` : formatCount(count);
}

export const formatTokens = formatParameters;

/** `2e-5`, `1.5e-4`, `0`: as learning rates are spoken of. */
export function formatRate(rate: number): string {
  return rateWith(rate, 3);
}

/** `7.692307692e-6`: a rate as it is to be applied. */
export function formatAppliedRate(rate: number): string {
  return rateWith(rate, 10);
}

function rateWith(rate: number, digits: number): string {
  if (rate === 0) return "0";
  if (!Number.isFinite(rate)) return formatCount(rate);
  const [mantissa = "", exponent = ""] = rate.toExponential(digits - 1).split("e");
  return `${trimmed(mantissa)}e${exponent.replace("+", "")}`;
}

const grouped = new Intl.NumberFormat("en-US", { maximumFractionDigits: 2 });

/** `1,548`. */
export function formatCount(count: number): string {
  return grouped.format(count);
}

/** `38 %`. */
export function formatFraction(fraction: number): string {
  return `${rounding(100 * fraction)} %`;
}

/** To three digits. */
function rounding(value: number): number {
  return Number(value.toPrecision(3));
}

/** Without the zeros behind the point that say nothing. */
function trimmed(digits: string): string {
  return digits.includes(".") ? digits.replace(/\.?0+$/, "") : digits;
}
