/* What an event says at a glance. */

import { inWords } from "../format.js";

/** The label of what it is about; "" where there is none. */
export function labelOf({ object, data }) {
  return object?.label ?? textOf(data?.label) ?? "";
}

/** Such as "Entered zone drive". */
export function wordsOf({ type, zone, line }) {
  return [inWords(type), zone ?? line].filter((part) => part !== undefined).join(" ");
}

/** Where the picture shows what it is about; null for an event about nothing in particular. */
export function boxOf({ object, data }) {
  // Of an object the best frame is shown, not the one that the event itself is about.
  const box = data?.best?.box ?? object?.box;
  return ["x", "y", "width", "height"].every((key) => Number.isFinite(box?.[key])) ? box : null;
}

/** Where the object went, as fractions of the picture; [] where it is not known. */
export function pathOf({ data }) {
  if (!Array.isArray(data?.path)) return [];
  return data.path.filter(({ x, y } = {}) => Number.isFinite(x) && Number.isFinite(y));
}

function textOf(value) {
  return typeof value === "string" ? value : undefined;
}
