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
    return stackFrom(frames);
  } catch {
    return "";
  }
}

/** A frame within a text, or what stands for several where an error is shown with its cause. */
const frameLine =
  /\n[ \t]+(?:at .+:\d+:\d+\)?|\.\.\. \d+ lines matching cause stack trace \.\.\.)/g;

/** A text in which errors may be shown with their stacks: the words, and the frames by themselves. */
export function splitFrames(text: string): { readonly words: string; readonly stack: string } {
  const frames = text.match(frameLine) ?? [];
  return {
    words: text.replace(frameLine, ""),
    stack: stackFrom(frames.map((frame) => frame.trimStart())),
  };
}

function stackFrom(frames: readonly string[]): string {
  return saneText(frames.slice(0, maxFrames).join("\n"));
}

/** Deno's advice on an access that it refused, which is for programs that are started by hand. */
const denoAdvice = /, run again with the --allow-(\w+) flag$/;
const grantAdvice = ", which has to be asked for (export const permissions) and granted " +
  "(--allow_plugin $1=…)";

/** The message of a thrown value; a plugin may throw a value without one, or whose message throws. */
export function messageOf(error: unknown): string {
  try {
    if (error instanceof Error) {
      // What follows the first line is an excerpt of the source.
      const [first = ""] = String(error.message || error.name).split("\n", 1);
      return saneWords(first.replace(denoAdvice, grantAdvice));
    }
    return saneWords(`it threw ${typeof error === "string" ? error : kindOf(error)}`);
  } catch {
    return "it threw what cannot be told";
  }
}
