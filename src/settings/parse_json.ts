/** JSON from the command line, with errors that say where. */

import { SettingError } from "./setting.ts";

/**
 * The value of a JSON text.
 * @throws {SettingError} naming the character at fault; the text itself may hold secrets, and is not repeated.
 */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    const position = whereWrong(text);
    throw new SettingError(
      position === text.length
        ? `is not JSON: it ends too early, after character ${text.length}`
        : `is not JSON: unexpected ${JSON.stringify(text[position])} at character ${position + 1}`,
    );
  }
}

/**
 * Index of the first character that no JSON text could have there; the length when more is needed.
 * V8 does not always tell: but a beginning that could still become JSON fails at its very end, a
 * beginning that could not fails before.
 */
function whereWrong(text: string): number {
  for (let length = 1; length <= text.length; length++) {
    try {
      JSON.parse(text.slice(0, length));
    } catch (error) {
      const { message } = error as SyntaxError;
      const [, position] = /at position (\d+)/.exec(message) ?? [];
      const needsMore = message.startsWith("Unexpected end") || Number(position) >= length;
      if (!needsMore) return length - 1;
    }
  }
  return text.length;
}
