import assert from "node:assert/strict";
import { systemMessage } from "./system_message.ts";

for (
  const [message, words] of [
    ["No space left on device (os error 28)", "no space left on device"],
    ["Is a directory (os error 21): open '/tmp'", "is a directory"],
    ["ENXIO: no such device or address, open '/tmp/pipe'", "no such device or address"],
    ["nothing reads this named pipe", "nothing reads this named pipe"],
    ["HTTP is not spoken here", "HTTP is not spoken here"],
  ] as const
) {
  Deno.test(`systemMessage() of ${message}`, () => {
    assert.equal(systemMessage(new Error(message)), words);
  });
}
