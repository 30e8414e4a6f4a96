/** Text for the user of the command: answers on stdout, what is wrong with it on stderr. */

import { writeSync } from "node:fs";
import { escapeControls, escapeControlsInJson } from "../log/escape.ts";
import { systemMessage } from "../log/system_message.ts";

/** Milliseconds between two attempts while a pipe that does not block is full. */
const fullPipeMs = 20;

/**
 * Writes to stdout; a reader that has gone (`| head`) is no error.
 * @throws {Error} when it cannot be written, as on a full disk
 */
export async function print(text: string): Promise<void> {
  const bytes = new TextEncoder().encode(text.endsWith("\n") ? text : text + "\n");
  for (let sent = 0; sent < bytes.length;) {
    try {
      sent += await Deno.stdout.write(bytes.subarray(sent));
    } catch (cause) {
      if (cause instanceof Deno.errors.BrokenPipe) return;
      if (!(cause instanceof Deno.errors.WouldBlock)) {
        throw new Error(`Cannot write to stdout: ${systemMessage(cause)}`);
      }
      await new Promise((resolve) => setTimeout(resolve, fullPipeMs));
    }
  }
}

/** Writes a value as JSON, whose texts can neither steer a terminal nor read other than they are. */
export async function printJson(value: unknown, indent = 0): Promise<void> {
  // The only controls outside of texts are the ends of the lines.
  const lines = JSON.stringify(value, null, indent).split("\n");
  await print(lines.map(escapeControlsInJson).join("\n"));
}

/** Writes to stderr, before there is a log, what stays one line whatever it holds. */
export function printError(line: string): void {
  try {
    writeSync(2, escapeControls(line) + "\n");
  } catch {
    // stderr is closed, and there is no other place to say so.
  }
}
