/** The word that was meant: one of `words` that differs by a slip of the hand or two, or in capitals and dashes only. */
export function closestTo(word: string, words: readonly string[]): string | undefined {
  const spelled = plain(word);
  const most = Math.min(2, Math.floor(spelled.length / 3));
  const [closest] = words
    .map((other) => ({ other, distance: distanceBetween(spelled, plain(other)) }))
    .filter(({ distance }) => distance <= most)
    .sort((a, b) => a.distance - b.distance);
  return closest?.other;
}

function plain(word: string): string {
  return word.toLowerCase().replace(/[\s-]/g, "_");
}

/** Letters to insert, leave out or replace until one word is the other (Levenshtein). */
function distanceBetween(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (const [index, letter] of [...a].entries()) {
    const next = [index + 1];
    for (let column = 1; column <= b.length; column++) {
      const replaced = (row[column - 1] ?? 0) + (b[column - 1] === letter ? 0 : 1);
      next.push(Math.min(replaced, (row[column] ?? 0) + 1, (next[column - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
