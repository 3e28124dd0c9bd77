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

/** `6.74B`, `494M`: as model sizes are written. */
export function formatParameters(count: number): string {
  if (count >= 1e9) return `${trimmed((count / 1e9).toPrecision(3))}B`;
  if (count >= 1e6) return `${trimmed((count / 1e6).toPrecision(3))}M`;
  return formatCount(count);
}

/** `1.31B`, `25.2M`, `8,192`: tokens that a run has seen. */
export function formatTokens(count: number): string {
  return count >= 1e12 ? `${trimmed((count / 1e12).toPrecision(3))}T` : formatParameters(count);
}

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
  return `${trimmed((100 * fraction).toPrecision(3))} %`;
}

/** Without the zeros behind the point that say nothing. */
function trimmed(digits: string): string {
  return digits.includes(".") ? digits.replace(/\.?0+$/, "") : digits;
}
