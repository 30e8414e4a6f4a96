import assert from "node:assert/strict";
import { fromThread, headOf, postToThread } from "./thread_message.ts";

/** What arrives in the other thread, and what was on the list of what is handed over. */
function send(buffers: Uint8Array<ArrayBuffer>[], answer: { call?: number } = {}) {
  const sent: { arrived: unknown; handedOver: ArrayBuffer[] | null }[] = [];
  postToThread((message: unknown, handedOver?: ArrayBuffer[]) => {
    const options = handedOver === undefined ? {} : { transfer: handedOver };
    sent.push({
      arrived: fromThread(structuredClone(message, options)),
      handedOver: handedOver ?? null,
    });
  }, { header: "{}", buffers, ...answer });
  return sent;
}

Deno.test("postToThread() sends what is small without a list, and it stays whole", () => {
  assert.deepEqual(send([]), [{ arrived: { header: "{}", buffers: [] }, handedOver: null }]);
  const small = Uint8Array.of(1, 2, 3);
  assert.deepEqual(send([small]), [
    { arrived: { header: "{}", buffers: [Uint8Array.of(1, 2, 3)] }, handedOver: null },
  ]);
  assert.equal(small.byteLength, 3);
});

Deno.test("postToThread() hands over what is large, and nothing else", () => {
  const small = Uint8Array.of(1);
  const large = new Uint8Array(100_000).fill(7);
  const { buffer } = large;
  assert.deepEqual(send([small, large]), [{
    arrived: { header: "{}", buffers: [Uint8Array.of(1), new Uint8Array(100_000).fill(7)] },
    handedOver: [buffer],
  }]);
  assert(buffer.detached);
  assert(!small.buffer.detached);
});

Deno.test("headOf() tells what a message answers and how large it is", () => {
  for (const answer of [{}, { call: 0 }, { call: 12 }]) {
    for (const buffers of [[], [Uint8Array.of(1, 2, 3)]]) {
      const [{ arrived } = { arrived: null }] = send(buffers, answer);
      assert.deepEqual(arrived, { header: "{}", buffers, ...answer });
      assert.deepEqual(headOf(arrived), {
        headerBytes: 2,
        bufferBytes: 3 * buffers.length,
        ...answer,
      });
    }
  }
  for (const data of [undefined, 7, { header: 3, buffers: [4], call: "5" }]) {
    assert.deepEqual(headOf(data), { headerBytes: 0, bufferBytes: 0 });
  }
});

Deno.test("fromThread() leaves to the check what is no message", () => {
  for (const data of [undefined, 7, { header: 3 }]) assert.equal(fromThread(data), data);
});

Deno.test("postToThread() hands over buffers from 32 KB on", () => {
  const [exact, less] = [new Uint8Array(32 * 1024), new Uint8Array(32 * 1024 - 1)];
  const { buffer } = exact;
  assert.deepEqual(send([less, exact])[0]?.handedOver, [buffer]);
  assert.equal(send([less])[0]?.handedOver, null);
});
