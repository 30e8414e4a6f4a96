/* What happened to a stream, in the visitor's language as far as the pages have words for it. */

import { t } from "./texts.js";

/** Of an entry of a stream's journal: what the log or a plugin said stays as it came. */
export function happeningIn({ kind, words }) {
  const [head] = words.split(kind === "event" ? "," : ":", 1);
  const key = kind === "event" ? `type.${head.replaceAll(" ", "_")}` : `happening.${head}`;
  const known = t(key);
  return known === key ? words : known + words.slice(head.length);
}

/** Of an event's reason: a camera's or a model's stays as it came. */
export function reasonIn(reason) {
  const known = t(`reason.${reason}`);
  return known === `reason.${reason}` ? reason : known;
}
