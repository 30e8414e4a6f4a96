/** A plugin's text, cut to a length that fits a log line, and without what looks like a secret. */

import { maskText } from "../../log/mask.ts";

/** Characters of one message of a plugin. */
const maxTextLength = 2000;
/** So many are looked at: a secret must be whole to be known as one. */
export const longestLook = 4 * maxTextLength;

/** The text, cut when it is too long. */
export function saneText(text: string): string {
  return text.length > maxTextLength ? `${text.slice(0, maxTextLength)} … (cut)` : text;
}

/** What a plugin says to people: also without passwords and keys, which are in no list of secrets. */
export function saneWords(words: string): string {
  return saneText(maskText(words.slice(0, longestLook)));
}
