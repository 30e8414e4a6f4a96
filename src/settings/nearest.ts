/** What the user probably meant. */

/** The known name closest to a mistyped one; null when none is close enough to be a slip. */
export function nearest(name: string, known: Iterable<string>): string | null {
  let best: string | null = null;
  // About one slip in three letters; beyond that a suggestion only confuses.
  let bestDistance = Math.max(1, Math.floor(name.length / 3)) + 1;
  for (const candidate of known) {
    const distance = editDistance(name, candidate);
    if (distance < bestDistance) [best, bestDistance] = [candidate, distance];
  }
  return best ?? extension(name, known);
}

/** A name that was cut short, such as `visualizer` or `stream`, when only one begins like it. */
function extension(name: string, known: Iterable<string>): string | null {
  const longer = [...known].filter((candidate) => candidate.startsWith(name));
  return name.length >= 3 && longer.length > 0 ? longer[0]! : null;
}

/** Letters to insert, delete, replace or swap with their neighbour (optimal string alignment). */
function editDistance(a: string, b: string): number {
  let beforePrevious: number[] = [];
  let previous = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    for (let column = 1; column <= b.length; column++) {
      const same = a[row - 1] === b[column - 1];
      let distance = Math.min(
        previous[column]! + 1,
        current[column - 1]! + 1,
        previous[column - 1]! + (same ? 0 : 1),
      );
      if (row > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1]) {
        distance = Math.min(distance, beforePrevious[column - 2]! + 1);
      }
      current.push(distance);
    }
    [beforePrevious, previous] = [previous, current];
  }
  return previous[b.length]!;
}
