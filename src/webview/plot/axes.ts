/** A stretch of an axis. */
export interface Range {
  readonly from: number;
  readonly to: number;
}

/** The rectangle that curves are drawn in, in pixels of the picture. */
export interface Box {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** Where places of the run and learning rates are in the picture. */
export interface Axes {
  readonly box: Box;
  /** Updates, or per cent of the run. */
  readonly x: Range;
  /** Learning rates; their decimal logarithms where `log`. */
  readonly y: Range;
  readonly log: boolean;
}

export function pixelX({ box, x }: Pick<Axes, "box" | "x">, place: number): number {
  return box.left + ((place - x.from) / (x.to - x.from)) * box.width;
}

/** The place of the run under a pixel. */
export function placeAt({ box, x }: Pick<Axes, "box" | "x">, pixel: number): number {
  return x.from + ((pixel - box.left) / box.width) * (x.to - x.from);
}

/** Below the picture where a logarithmic axis has no place for a rate. */
export function pixelY({ box, y, log }: Axes, rate: number): number {
  const place = log ? Math.log10(rate) : rate;
  return box.top + box.height - ((place - y.from) / (y.to - y.from)) * box.height;
}

/** Decades of a logarithmic axis: rates that are smaller still are nothing beside the highest. */
const mostDecades = 9;

/**
 * The y axis for rates from `least`, the lowest above zero, to `most`; a share of the height, `headroom`, stays free for what is
 * written above the highest.
 */
export function rateRange(least: number, most: number, log: boolean, headroom: number): Range {
  if (!(most > 0)) return log ? { from: -1, to: 0 } : { from: 0, to: 1 };
  if (!log) return { from: 0, to: most / (1 - headroom) };
  const top = Math.log10(most);
  const bottom = Math.max(Math.log10(least), top - mostDecades);
  const decades = Math.max(0.5, top - bottom);
  const from = bottom - 0.04 * decades;
  return { from, to: from + (top - from) / (1 - headroom) };
}

/** Round numbers of the axis, at most about `count` of them. */
export function ticks({ from, to }: Range, count: number, least = 0): readonly number[] {
  const step = Math.max(least, roundStep((to - from) / Math.max(1, count)));
  const first = Math.ceil(from / step - 1e-9);
  const last = Math.floor(to / step + 1e-9);
  return Array.from({ length: last - first + 1 }, (_, index) => (first + index) * step);
}

/** The learning rates that a logarithmic axis names: powers of ten, or also twice and five times them where few are in sight. */
export function logTicks({ from, to }: Range, count: number): readonly number[] {
  const every = Math.max(1, Math.ceil((to - from) / Math.max(1, count)));
  const factors = to - from < count / 3 ? [1, 2, 5] : [1];
  const rates: number[] = [];
  for (let power = Math.floor(from); power <= to; power++) {
    if (power % every !== 0) continue;
    for (const factor of factors) {
      const place = power + Math.log10(factor);
      if (place >= from && place <= to) rates.push(Number(`${factor}e${power}`));
    }
  }
  return rates;
}

/** The smallest of 1, 2 and 5 times a power of ten that is not below `least`. */
export function roundStep(least: number): number {
  const power = Math.floor(Math.log10(least));
  const factor = least / 10 ** power;
  const round = [1, 2, 5].find((step) => step >= factor - 1e-9) ?? 10;
  return Number(`${round}e${power}`);
}
