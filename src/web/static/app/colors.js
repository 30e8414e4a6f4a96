/* Colours of labels. Live records bring theirs along; clips and ways do not. */

/** As in the pictures that Sightline draws: see src/view/color.ts. */
const palette = [
  "#40c4ff",
  "#ffb300",
  "#69f082",
  "#ff5c80",
  "#be8cff",
  "#ffeb5a",
  "#26dccd",
  "#ff8a50",
  "#a0beff",
  "#d6f078",
  "#ff96dc",
  "#e6e6eb",
];

/** The colour of a label, the same on every picture. */
export function colorOfLabel(label) {
  let hash = 0x811c9dc5;
  for (let index = 0; index < label.length; index++) {
    hash = Math.imul(hash ^ label.charCodeAt(index), 0x01000193) >>> 0;
  }
  return palette[((hash >>> 16) ^ hash & 0xffff) % palette.length];
}
