/** Colours that can be distinguished on any picture. */

const colors = [
  ...["#ff4d4d", "#4dd2ff", "#ffd24d", "#7dff4d", "#d24dff", "#ff944d", "#4dffc3", "#4d79ff"],
  ...["#ff4da6", "#c3ff4d"],
];

/** The colour of a class, a line or a zone; they begin again after ten. */
export function colorOf(number: number): string {
  return colors[Math.abs(number) % colors.length] ?? "#ffffff";
}
