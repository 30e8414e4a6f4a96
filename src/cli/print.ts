/** Text for whoever typed the command: answers on stdout, what is wrong with it on stderr. */

import { writeSync } from "node:fs";

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

/** Writes one line to stderr before there is a log. */
export function printError(line: string): void {
  try {
    writeSync(2, line + "\n");
  } catch {
    // Nobody reads stderr, and there is no other place to say so.
  }
}
