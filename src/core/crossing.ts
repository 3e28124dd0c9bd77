/**
 * Two sizes next to each other between which `value` crosses `limit`, from within `low` and `high`, on either side of it. `value`
 * rises or falls all the way, roughly in proportion to `scale` of the size, which is its own inverse: the sizes that are tried lie
 * where the line through those that are known has the limit, and in the middle where that does not help.
 */
export function crossing(
  [low, high]: readonly [low: number, high: number],
  value: (size: number) => number,
  limit: number,
  scale: (size: number) => number,
): readonly [low: number, high: number] {
  const isAbove = value(high) > limit;
  let [below, beyond] = [low, high];
  for (let turn = 0; beyond - below > 1; turn++) {
    const [from, to] = [scale(below), scale(beyond)];
    const guess = scale(from + ((limit - value(below)) * (to - from)) / (value(beyond) - value(below)));
    const near = turn % 2 === 0 ? Math.floor(guess) : Math.ceil(guess);
    const size = turn < 4 && Number.isFinite(near) ? near : Math.floor((below + beyond) / 2);
    const tried = Math.min(Math.max(size, below + 1), beyond - 1);
    if (value(tried) > limit === isAbove) beyond = tried;
    else below = tried;
  }
  return [below, beyond];
}
