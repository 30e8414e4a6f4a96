/** Text for whoever typed the command: answers on stdout, what is wrong with it on stderr. */

import { writeSync } from "node:fs";
import { escapeControls } from "../log/escape.ts";

/** Writes to stdout; a reader that has gone (`| head`) is no error. */
export async function print(text: string): Promise<void> {
  const bytes = new TextEncoder().encode(text.endsWith("\n") ? text : text + "\n");
  try {
    for (let sent = 0; sent < bytes.length;) {
      sent += await Deno.stdout.write(bytes.subarray(sent));
    }
  } catch (error) {
    if (!(error instanceof Deno.errors.BrokenPipe)) throw error;
  }
}

/** Writes to stderr, before there is a log, what stays one line whatever it holds. */
export function printError(line: string): void {
  try {
    writeSync(2, escapeControls(line) + "\n");
  } catch {
    // Nobody reads stderr, and there is no other place to say so.
  }
}
