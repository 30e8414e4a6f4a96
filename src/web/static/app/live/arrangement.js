/* Order, groups and what is hidden on the wall. */

/** As configured: every stream, in Sightline's order, in no group. */
export const asConfigured = { order: [], groups: {}, hidden: [] };

/** The streams in the visitor's order; those that came since stand behind. */
export function inOrder(streams, { order }) {
  const place = new Map(order.map((name, index) => [name, index]));
  const placeOf = ({ name }) => place.get(name) ?? Infinity;
  // Infinity minus Infinity is no number, and would leave the order to chance.
  return streams.toSorted((a, b) => placeOf(a) === placeOf(b) ? 0 : placeOf(a) - placeOf(b));
}

/** The group of a stream, which may be called `constructor`; undefined where it has none. */
export function groupOf(name, { groups }) {
  return Object.hasOwn(groups, name) ? groups[name] : undefined;
}

/** Names of the groups that are there, in the order in which their streams stand. */
export function groupsOf(streams, arrangement) {
  const groups = streams.map(({ name }) => groupOf(name, arrangement) ?? "");
  return [...new Set(groups.filter((group) => group !== ""))];
}

/**
 * What the wall shows: the streams that the address names, or those of its group, or all that are not
 * hidden.
 */
export function onWall(streams, arrangement, query) {
  if (query.streams !== undefined) {
    const names = query.streams.split(",").map((name) => name.trim());
    return names.flatMap((name) => streams.filter((stream) => stream.name === name));
  }
  const ordered = inOrder(streams, arrangement);
  const { hidden } = arrangement;
  if (query.group !== undefined) {
    return ordered.filter(({ name }) => groupOf(name, arrangement) === query.group);
  }
  return ordered.filter(({ name }) => !hidden.includes(name));
}

/** The arrangement with a stream moved by so many places. */
export function moved(streams, arrangement, name, by) {
  const order = inOrder(streams, arrangement).map((stream) => stream.name);
  const from = order.indexOf(name);
  const to = Math.max(0, Math.min(order.length - 1, from + by));
  order.splice(to, 0, ...order.splice(from, 1));
  return { ...arrangement, order };
}

/** Columns and rows with the largest tiles for pictures of 16:9, and what a tile measures then. */
export function gridFor(count, width, height, gap) {
  let best = { columns: 1, rows: count, tileWidth: 0 };
  for (let columns = 1; columns <= count; columns++) {
    const rows = Math.ceil(count / columns);
    const wide = (width - gap * (columns - 1)) / columns;
    const high = (height - gap * (rows - 1)) / rows;
    const tileWidth = Math.min(wide, high * 16 / 9);
    if (tileWidth > best.tileWidth) best = { columns, rows, tileWidth };
  }
  return best;
}
