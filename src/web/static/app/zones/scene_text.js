/* What was drawn as YAML for the configuration file. */

/** Keys of a shape that are points. */
const pointKeys = new Set(["polygon", "points"]);

/** `scene`: zones, lines, masks, and other settings of objects that must not be lost. */
export function toYaml({ zones, lines, masks, objects }) {
  const lists = [["zones", zones], ["lines", lines]].filter(([, shapes]) => shapes.length > 0)
    .map(([key, shapes]) => `${key}:\n${shapes.map((shape) => `  - ${inline(shape)}\n`).join("")}`);
  const others = Object.entries(objects).map(([key, value]) => `  ${key}: ${inline(value)}\n`);
  const hidden = masks.map((mask) =>
    `    - ${inline(Array.isArray(mask) ? rounded(mask) : mask)}\n`
  ).join("");
  const block = [...others, ...masks.length > 0 ? [`  masks:\n${hidden}`] : []].join("");
  return lists.join("") + (block === "" ? "" : `objects:\n${block}`);
}

/** YAML's flow style: what JSON says, with plain keys. A name stays in quotes, as "no" is false. */
function inline(value) {
  if (Array.isArray(value)) return `[${value.map(inline).join(", ")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const pairs = Object.entries(value).filter(([, part]) => part !== undefined)
    .map(([key, part]) => `${key}: ${inline(pointKeys.has(key) ? rounded(part) : part)}`);
  return `{ ${pairs.join(", ")} }`;
}

/** A thousandth of the picture is less than one can draw. */
function rounded(points) {
  return points.map(([x, y]) => [round(x), round(y)]);
}

function round(share) {
  return Math.round(Math.min(1, Math.max(0, share)) * 1000) / 1000;
}
