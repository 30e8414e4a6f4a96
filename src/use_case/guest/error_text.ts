/** Texts of thrown values. A plugin may throw anything, so none of these functions throws. */

import { saneText, saneWords } from "../wire/sane_text.ts";

/** A value's kind, for error messages: `missing`, `null`, `of type number`. */
export function kindOf(value: unknown): string {
  return value === undefined ? "missing" : value === null ? "null" : `of type ${typeof value}`;
}

/** Lines of a stack that are kept. */
const maxFrames = 10;

/** The frames of an error's stack, without its message. */
export function stackOf(error: unknown): string {
  try {
    if (!(error instanceof Error)) return "";
    const frames = String(error.stack).split("\n").filter((line) => /^\s+at /.test(line));
    return saneText(frames.slice(0, maxFrames).join("\n"));
  } catch {
    return "";
  }
}

/** The message of a thrown value; a plugin may throw a value without one, or whose message throws. */
export function messageOf(error: unknown): string {
  try {
    if (error instanceof Error) {
      // What follows the first line is an excerpt of the source.
      return saneWords(String(error.message || error.name).split("\n", 1)[0]!);
    }
    return saneWords(`it threw ${typeof error === "string" ? error : kindOf(error)}`);
  } catch {
    return "it threw what cannot be told";
  }
}
