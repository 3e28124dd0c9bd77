import type { Box } from "./axes.ts";

/** A word about a point of the picture. */
export interface Label {
  readonly text: string;
  readonly width: number;
  /** The point. */
  readonly x: number;
  readonly y: number;
}

export interface PlacedLabel extends Label {
  /** The upper left corner of its text. */
  readonly left: number;
  readonly top: number;
}

type Pixel = readonly [x: number, y: number];

/** Pixels between a point and what is written about it. */
const gap = 7;

/** Half lines of text that a label may be above its point at most. */
const farthest = 18;

/**
 * Places for labels beside their points, inside the box and clear of each other, and clear of the curves as far as that goes: farther
 * off only where that is clear of them all. One for which there is no room is left out.
 */
export function placeLabels(
  labels: readonly Label[],
  height: number,
  box: Box,
  curves: readonly (readonly Pixel[])[],
): readonly PlacedLabel[] {
  const placed: PlacedLabel[] = [];
  const covered = curves.flatMap(dense);
  for (const label of labels) {
    const reach = {
      left: label.x - label.width - 2 * gap,
      top: label.y - (farthest / 2 + 1) * height - gap,
      width: 2 * label.width + 4 * gap,
      height: (farthest / 2 + 2) * height + 2 * gap,
    };
    const near = covered.filter((pixel) => isIn(reach, pixel));
    const isFree = (own: Box) => contains(box, own) && placed.every((other) => !overlap(own, { ...other, height }));
    const places = corners(label, height)
      .map(([left, top]) => ({ ...label, left, top }))
      .filter((own) => isFree({ ...own, height }));
    let best: PlacedLabel | undefined;
    let least = Number.POSITIVE_INFINITY;
    for (const own of places) {
      const crossed = near.filter((pixel) => isIn({ ...own, height }, pixel)).length;
      if (crossed < least && (crossed === 0 || !isFar(own, height))) [best, least] = [own, crossed];
    }
    if (best) placed.push(best);
  }
  return placed;
}

/** Whether a label is so far above its point that only a line between them tells what it is about. */
export function isFar({ y, top }: PlacedLabel, height: number): boolean {
  return y - top > 2.5 * height + gap;
}

/** Upper left corners, the best ones first: above, beside and below the point, then farther off. */
function corners({ x, y, width }: Label, height: number): readonly Pixel[] {
  const columns = [x + gap, x - width / 2, x - width - gap];
  const above = y - height - gap;
  const farther = Array.from({ length: farthest }, (_, index) => above - ((index + 1) * height) / 2);
  return [
    ...[above, y + gap].flatMap((top) => columns.map((left): Pixel => [left, top])),
    ...[x + 2 * gap, x - width - 2 * gap].map((left): Pixel => [left, y - height / 2]),
    ...farther.flatMap((top) => columns.map((left): Pixel => [left, top])),
  ];
}

/** The pixels of a line, also between its points. */
function dense(line: readonly Pixel[]): readonly Pixel[] {
  const pixels: Pixel[] = [];
  for (const [index, [x, y]] of line.entries()) {
    const [beforeX, beforeY] = line[index - 1] ?? [x, y];
    const count = Math.min(200, Math.max(1, Math.ceil(Math.hypot(x - beforeX, y - beforeY) / 4)));
    for (let part = 1; part <= count; part++) {
      pixels.push([beforeX + ((x - beforeX) * part) / count, beforeY + ((y - beforeY) * part) / count]);
    }
  }
  return pixels;
}

function contains(outer: Box, inner: Box): boolean {
  return (
    inner.left >= outer.left &&
    inner.top >= outer.top &&
    inner.left + inner.width <= outer.left + outer.width &&
    inner.top + inner.height <= outer.top + outer.height
  );
}

function overlap(one: Box, other: Box): boolean {
  return (
    one.left < other.left + other.width &&
    other.left < one.left + one.width &&
    one.top < other.top + other.height &&
    other.top < one.top + one.height
  );
}

function isIn({ left, top, width, height }: Box, [x, y]: Pixel): boolean {
  return x > left - 2 && x < left + width + 2 && y > top - 1 && y < top + height + 1;
}

/** A name over a stretch of the picture. */
export interface Stretch {
  readonly name: string;
  readonly width: number;
  readonly from: number;
  readonly to: number;
}

/** The names of stretches in a row, each over its own as far as it has room, none over another: where it starts. */
export function placeNames(
  stretches: readonly Stretch[],
  end: number,
): readonly (Stretch & { readonly left: number })[] {
  let free = Number.NEGATIVE_INFINITY;
  return stretches.flatMap((stretch, index) => {
    const { from, to, width } = stretch;
    const left = Math.max(free, Math.min(from + Math.max(0, (to - from - width) / 2), end - width));
    const limit = nameableFrom(stretches[index + 1], end);
    if (left > to || left + width > Math.max(to, limit)) return [];
    free = left + width + 10;
    return [{ ...stretch, left }];
  });
}

/** Up to where a name may reach into the next stretch, which keeps room for its own name. */
function nameableFrom(next: Stretch | undefined, end: number): number {
  return next ? next.to - next.width - 10 : end;
}
