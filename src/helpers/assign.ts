/**
 * Pairs rows with columns so that the whole costs least, each used at most once (the linear
 * assignment problem), by shortest augmenting paths with potentials, as Jonker and Volgenant do.
 *
 * `costs` holds `rows × columns` numbers in row-major order. A pair that costs `limit` or more (or
 * NaN) is never made: what is minimised is the sum of `cost − limit` over the pairs. Returns the
 * column of each row, −1 for none. Takes O(min² · max) steps.
 */
export function assign(
  costs: ArrayLike<number>,
  rows: number,
  columns: number,
  limit: number,
): Int32Array {
  const columnOf = new Int32Array(rows).fill(-1);
  // Paths start from the shorter side, so that each of its members finds a free partner.
  const flipped = rows > columns;
  const near = flipped ? columns : rows;
  const far = flipped ? rows : columns;
  const gain = new Float64Array(near * far);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const cost = costs[row * columns + column]! - limit;
      // A forbidden pair costs as much as no pair; it may be made, and is taken out at the end.
      gain[flipped ? column * far + row : row * far + column] = cost < 0 ? cost : 0;
    }
  }
  const nearOf = pairAll(gain, near, far);
  for (let other = 0; other < far; other++) {
    const one = nearOf[other]!;
    if (one < 0 || gain[one * far + other]! >= 0) continue;
    if (flipped) columnOf[other] = one;
    else columnOf[one] = other;
  }
  return columnOf;
}

/**
 * Gives each of the `near` members one of the `far` ones; returns the near member of each far one.
 *
 * The potentials keep all reduced costs at 0 or above and those of pairs at 0, so the shortest path
 * over reduced costs from a new member to a free partner is the cheapest way to make room for it.
 */
function pairAll(cost: Float64Array, near: number, far: number): Int32Array {
  const nearOf = new Int32Array(far).fill(-1);
  const nearPotential = new Float64Array(near);
  const farPotential = new Float64Array(far);
  const distance = new Float64Array(far);
  const cameFrom = new Int32Array(far);
  const reached = new Uint8Array(far);

  for (let start = 0; start < near; start++) {
    distance.fill(Infinity);
    reached.fill(0);
    let member = start;
    let last = -1;
    let travelled = 0;
    while (member >= 0) {
      let closest = -1;
      for (let other = 0; other < far; other++) {
        if (reached[other]) continue;
        const reduced = cost[member * far + other]! - nearPotential[member]! - farPotential[other]!;
        if (travelled + reduced < distance[other]!) {
          distance[other] = travelled + reduced;
          cameFrom[other] = last;
        }
        if (closest < 0 || distance[other]! < distance[closest]!) closest = other;
      }
      last = closest;
      reached[closest] = 1;
      travelled = distance[closest]!;
      member = nearOf[closest]!;
    }

    nearPotential[start]! += travelled;
    for (let other = 0; other < far; other++) {
      if (!reached[other] || other === last) continue;
      nearPotential[nearOf[other]!]! += travelled - distance[other]!;
      farPotential[other]! -= travelled - distance[other]!;
    }
    // Walk the path back: each partner on it passes its member on to the next.
    while (last >= 0) {
      const before = cameFrom[last]!;
      nearOf[last] = before < 0 ? start : nearOf[before]!;
      last = before;
    }
  }
  return nearOf;
}
