import { deepEqual, throws } from "node:assert/strict";
import { framePrefixes, fromFrame, interleave, toFrame } from "./grpc_frame.ts";

Deno.test("fromFrame() takes out of its envelope what toFrame() put in", () => {
  for (const message of [[], [1], [1, 2, 3]]) {
    deepEqual([...fromFrame(toFrame(Uint8Array.from(message)))], message);
  }
});

Deno.test("framePrefixes() and interleave() make the same frame of a message in pieces", () => {
  const heads = [Uint8Array.of(1, 2), Uint8Array.of(5), Uint8Array.of(6)];
  const contents = [Uint8Array.of(3, 4), new Uint8Array(), Uint8Array.of(7)];
  const pieces = interleave(framePrefixes(heads, contents), contents);
  const frame = Uint8Array.from(pieces.flatMap((piece) => [...piece]));
  deepEqual([...fromFrame(frame)], [1, 2, 3, 4, 5, 6, 7]);
});

Deno.test("fromFrame() refuses what is cut short, too long, compressed, or no message", () => {
  const frame = toFrame(Uint8Array.of(1, 2, 3));
  const compressed = frame.slice();
  compressed[0] = 1;
  for (const bytes of [frame.slice(0, -1), new Uint8Array(9), compressed, new Uint8Array(4)]) {
    throws(() => fromFrame(bytes), { name: "InferenceError", reason: "server_error" });
  }
});
