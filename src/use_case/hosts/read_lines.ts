/** Lines of a child's standard error, however long and many: what is too much is left out. */

import { maxTextLength } from "../wire/sane_text.ts";

/** The lines, each cut at the length that a log line may have. */
export async function* readLines(stream: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  let line = "";
  for await (const text of stream.pipeThrough(new TextDecoderStream())) {
    const [first = "", ...others] = text.split("\n");
    line = (line + first).slice(0, maxTextLength);
    for (const other of others) {
      if (line.trim() !== "") yield line.trimEnd();
      line = other.slice(0, maxTextLength);
    }
  }
  if (line.trim() !== "") yield line.trimEnd();
}
