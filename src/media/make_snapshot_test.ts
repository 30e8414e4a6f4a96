import { deepEqual, throws } from "node:assert/strict";
import { parseMultipart, parsePam } from "./make_snapshot.ts";

Deno.test("parseMultipart() finds files of any content by their lengths, and leaves out what is cut off", () => {
  const part = (body: string, length = body.length) =>
    `--ffmpeg\r\nContent-type: image/jpeg\r\nContent-length: ${length}\r\n\r\n${body}\r\n`;
  const text = part("one") + part("--ffmpeg\r\n\r\n") + part("") + part("short", 90);
  const files = parseMultipart(Uint8Array.from(text, (character) => character.charCodeAt(0)));
  const decoder = new TextDecoder();
  deepEqual(files.map((file) => decoder.decode(file)), ["one", "--ffmpeg\r\n\r\n", ""]);
  deepEqual(parseMultipart(new TextEncoder().encode("no such thing")), []);
});

Deno.test("parsePam() gives the pixels behind their head, and takes nothing else for a picture", () => {
  const pam = (width: number, height: number, pixels: number, depth = 4) =>
    Uint8Array.from([
      ...new TextEncoder().encode(
        `P7\nWIDTH ${width}\nHEIGHT ${height}\nDEPTH ${depth}\nMAXVAL 255\nTUPLTYPE RGB_ALPHA\nENDHDR\n`,
      ),
      ...new Uint8Array(pixels).map((_, index) => index),
    ]);
  const { width, height, data } = parsePam(pam(3, 2, 24));
  deepEqual([width, height, [...data]], [3, 2, Array.from({ length: 24 }, (_, index) => index)]);
  for (const wrong of [pam(3, 2, 23), pam(3, 2, 25), pam(3, 2, 24, 3), new Uint8Array()]) {
    throws(() => parsePam(wrong), { message: "Cannot draw: ffmpeg gave no pixels" });
  }
});
