import { deepEqual } from "node:assert/strict";
import { parseMultipart } from "./make_snapshot.ts";

Deno.test("parseMultipart() finds files of any content by their lengths, and leaves out what is cut off", () => {
  const part = (body: string, length = body.length) =>
    `--ffmpeg\r\nContent-type: image/jpeg\r\nContent-length: ${length}\r\n\r\n${body}\r\n`;
  const text = part("one") + part("--ffmpeg\r\n\r\n") + part("") + part("short", 90);
  const files = parseMultipart(Uint8Array.from(text, (character) => character.charCodeAt(0)));
  const decoder = new TextDecoder();
  deepEqual(files.map((file) => decoder.decode(file)), ["one", "--ffmpeg\r\n\r\n", ""]);
  deepEqual(parseMultipart(new TextEncoder().encode("no such thing")), []);
});
