/** Words longer than this are not compared. */
const maxCompared = 40;

/**
 * Finds the word that somebody may have meant.
 *
 * @returns the nearest of the known words, or `undefined` when none is near
 */
export function nearestWord(word: string, known: Iterable<string>): string | undefined {
  if (word.length > maxCompared) return undefined;
  let best: string | undefined;
  let bestDistance = Math.floor(word.length / 3) + 1;
  for (const candidate of known) {
    const distance = editDistance(word.toLowerCase(), candidate.toLowerCase());
    if (distance >= bestDistance) continue;
    best = candidate;
    bestDistance = distance;
  }
  return best;
}

/** Makes a hint from it. */
export function didYouMean(word: string, known: Iterable<string>): { readonly hint?: string } {
  const near = nearestWord(word, known);
  return near === undefined ? {} : { hint: `did you mean ${near}?` };
}

/** Counts letters changed, left out, added, or swapped with their neighbour. */
function editDistance(a: string, b: string): number {
  let above: number[] = [];
  let previous = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const current = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = previous[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      const swapped = a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1] && i > 1 && j > 1;
      current.push(
        Math.min(
          replaced,
          previous[j]! + 1,
          current[j - 1]! + 1,
          swapped ? above[j - 2]! + 1 : Number.POSITIVE_INFINITY,
        ),
      );
    }
    above = previous;
    previous = current;
  }
  return previous[b.length]!;
}
