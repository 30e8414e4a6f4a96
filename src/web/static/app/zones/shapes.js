/* Zones, lines and masks, as one list to draw and to change. */

/** Corners that a shape has at least. */
export const leastCorners = { zone: 3, line: 2, mask: 3 };

/** Each shape with its kind, its place among its kind, and its corners. */
export function shapesOf({ zones, lines, masks }) {
  return [
    ...masks.map((mask, index) => ({
      kind: "mask",
      index,
      points: Array.isArray(mask) ? mask : mask.polygon,
      name: `mask ${index + 1}`,
    })),
    ...zones.map(({ name, polygon }, index) => ({ kind: "zone", index, points: polygon, name })),
    ...lines.map(({ name, points }, index) => ({ kind: "line", index, points, name })),
  ];
}

/** The scene with a shape's corners moved. */
export function withPoints(scene, { kind, index }, points) {
  if (kind === "mask") {
    const mask = scene.masks[index];
    const moved = Array.isArray(mask) ? points : { ...mask, polygon: points };
    return { ...scene, masks: scene.masks.with(index, moved) };
  }
  if (kind === "zone") return withShape(scene, { kind, index }, { polygon: points });
  return withShape(scene, { kind, index }, { points });
}

/** The scene with other settings of a zone or line. */
export function withShape(scene, { kind, index }, change) {
  const key = `${kind}s`;
  return { ...scene, [key]: scene[key].with(index, { ...scene[key][index], ...change }) };
}

/** The scene without a shape. */
export function without(scene, { kind, index }) {
  const key = `${kind}s`;
  return { ...scene, [key]: scene[key].toSpliced(index, 1) };
}

/** The scene with one shape more, and which it is. */
export function added(scene, kind, points) {
  const key = `${kind}s`;
  const index = scene[key].length;
  const name = freeName(scene[key].map((shape) => shape.name), kind);
  const shape = kind === "mask"
    ? points
    : kind === "zone"
    ? { name, polygon: points }
    : { name, points };
  return { scene: { ...scene, [key]: [...scene[key], shape] }, shape: { kind, index } };
}

/** Where something is put that was asked for without drawing it. */
export function standardPoints(kind) {
  return kind === "line" ? [[0.3, 0.5], [0.7, 0.5]] : [[0.35, 0.35], [0.65, 0.35], [0.65, 0.7], [
    0.35,
    0.7,
  ]];
}

/** With a corner more, in the middle of the edge behind `at`. */
export function withCorner(points, at) {
  const [ax, ay] = points[at];
  const [bx, by] = points[(at + 1) % points.length];
  return points.toSpliced(at + 1, 0, [(ax + bx) / 2, (ay + by) / 2]);
}

/** Within the picture. */
export function clamp([x, y]) {
  return [Math.min(1, Math.max(0, x)), Math.min(1, Math.max(0, y))];
}

/** Whether two shapes are the same one. */
export function isSame(a, b) {
  return a !== null && b !== null && a.kind === b.kind && a.index === b.index;
}

function freeName(names, kind) {
  for (let number = 1;; number++) {
    const name = number === 1 ? kind : `${kind} ${number}`;
    if (!names.includes(name)) return name;
  }
}
