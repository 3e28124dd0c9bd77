import type { Rate } from "./course.ts";

/** Updates from the first to the last, both among them. */
export interface Stretch {
  readonly from: number;
  readonly to: number;
}

export type RatePoint = readonly [step: number, rate: number];

/** Of more updates than this, evenly spread ones are looked at: in the plot, and where a key stroke or a hover waits for it. */
const mostLookedAt = 1_000_000;
export const mostWhileTyping = 10_000;

/**
 * The points of a curve that a picture as wide as `columns` pixels needs: every update where there are few, else the lowest and the highest rate of
 * each column, so that no restart or dip is lost, with both ends and both sides of where a phase begins. All are exact.
 */
export function samplePoints(
  rate: Rate,
  { from, to }: Stretch,
  columns: number,
  phaseStarts: readonly number[] = [],
  most = mostLookedAt,
): readonly RatePoint[] {
  const first = Math.max(0, Math.ceil(from));
  const last = Math.floor(to);
  const count = last - first + 1;
  const points: RatePoint[] = [];
  if (count <= 2 * columns) {
    for (let step = first; step <= last; step++) points.push([step, rate(step)]);
    return points;
  }
  const stride = Math.ceil(count / most);
  for (let column = 0; column < columns; column++) {
    const end = first + Math.floor(((column + 1) * count) / columns);
    points.push(...extremes(rate, first + Math.floor((column * count) / columns), end, stride));
  }
  for (const step of [first, last, ...phaseStarts.flatMap(bothSides)]) {
    if (step >= first && step <= last) points.push([step, rate(step)]);
  }
  points.sort(([a], [b]) => a - b);
  return points.filter(([step], index) => step !== points[index - 1]?.[0]);
}

/** The update with the highest rate among those before `total`, the first of them where several have it. */
export function highestPoint(rate: Rate, total: number, phaseStarts: readonly number[], most?: number): RatePoint {
  let highest: RatePoint = [0, rate(0)];
  for (const point of samplePoints(rate, { from: 0, to: total - 1 }, 1, phaseStarts, most)) {
    if (point[1] > highest[1]) highest = point;
  }
  return highest;
}

/** The lowest and the highest point from `start` up to `end`. */
function extremes(rate: Rate, start: number, end: number, stride: number): readonly RatePoint[] {
  let [low, high] = [start, start];
  let [lowest, highest] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (let step = start; step < end; step += stride) {
    const value = rate(step);
    if (value < lowest) [low, lowest] = [step, value];
    if (value > highest) [high, highest] = [step, value];
  }
  if (lowest > highest) return [];
  return [
    [low, lowest],
    [high, highest],
  ];
}

/** The last update before a place of the run and the first from it on. */
function bothSides(place: number): readonly number[] {
  return [Math.ceil(place) - 1, Math.ceil(place)];
}
