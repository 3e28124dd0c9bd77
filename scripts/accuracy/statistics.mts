/** How far a set of estimates is from what was measured; errors are fractions of the measured figure. */
export interface Summary {
  readonly count: number;
  /** Of the absolute errors. */
  readonly median: number;
  /** 90th percentile of the absolute errors. */
  readonly p90: number;
  /** Mean of the signed errors: positive where the estimates are too high. */
  readonly bias: number;
}

export function summaryOf(errors: readonly number[]): Summary {
  const absolute = errors.map(Math.abs);
  return {
    count: errors.length,
    median: quantile(absolute, 0.5),
    p90: quantile(absolute, 0.9),
    bias: errors.reduce((sum, error) => sum + error, 0) / errors.length,
  };
}

/** The value below which `share` of the values lie, linear between its two neighbours; NaN of nothing. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  const position = share * (sorted.length - 1);
  const below = sorted[Math.floor(position)] ?? Number.NaN;
  const above = sorted[Math.ceil(position)] ?? Number.NaN;
  return below + (above - below) * (position - Math.floor(position));
}

/** The items by what `keyOf` says of them, in the order in which the keys turn up. */
export function groupBy<T>(items: readonly T[], keyOf: (item: T) => string): ReadonlyMap<string, readonly T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const group = groups.get(keyOf(item));
    if (group) group.push(item);
    else groups.set(keyOf(item), [item]);
  }
  return groups;
}
