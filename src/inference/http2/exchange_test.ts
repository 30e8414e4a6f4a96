import { deepEqual, equal, notEqual, rejects } from "node:assert/strict";
import {
  BodyMemory,
  Exchange,
  type Http2Answer,
  UnprocessedError,
  UnreadableAnswerError,
} from "./exchange.ts";
import type { SendWindows } from "./send_windows.ts";

const request = { path: "/", headers: [], body: [Uint8Array.of(1), Uint8Array.of(2, 3)] };
const none = new Uint8Array();

/** The answer, its body in memory of its own. */
function keep({ body, ...answer }: Http2Answer) {
  return { ...answer, body: [...body] };
}

Deno.test("an exchange sends its body behind its headers, on the stream that it was given", () => {
  const sent: unknown[] = [];
  const exchange = new Exchange(request, keep);
  exchange.id = 5;
  const head = Uint8Array.of(9);
  exchange.start(
    { send: (...given: unknown[]) => sent.push(given) } as unknown as SendWindows,
    head,
  );
  deepEqual(sent, [[5, head, request.body]]);
});

Deno.test("an exchange's answer is what came piece by piece, with headers and trailers", async () => {
  const trailers = new Map([["grpc-status", "0"]]);
  for (const headers of [new Map([[":status", "200"]]), undefined]) {
    const exchange = new Exchange(request, keep);
    exchange.headers = headers;
    const memory = new BodyMemory();
    for (const piece of [[1, 2], [], [3], [4, 5, 6, 7, 8]]) {
      exchange.receive(Uint8Array.from(piece), memory);
    }
    exchange.finish(trailers);
    deepEqual(await exchange.answer, {
      headers: headers ?? trailers,
      trailers,
      body: [1, 2, 3, 4, 5, 6, 7, 8],
    });
  }
});

Deno.test("an exchange is rejected for the reason it ended, or with what reading the answer threw", async () => {
  const failed = new Exchange(request, keep);
  const reason = new UnprocessedError(new Error("refused"));
  failed.fail(reason);
  await rejects(failed.answer, reason);
  equal((reason.cause as Error).message, "refused");
  const unread = new Exchange(request, () => {
    throw new UnreadableAnswerError("no tensors");
  });
  unread.finish(new Map());
  await rejects(unread.answer, /no tensors/);
});

Deno.test("an exchange asks for more memory when a piece has no room, and not before", () => {
  const lengths: number[] = [];
  const memory = {
    grow(body: Uint8Array, length: number) {
      lengths.push(length);
      const larger = new Uint8Array(100 * lengths.length);
      larger.set(body);
      return larger;
    },
  } as unknown as BodyMemory;
  const exchange = new Exchange(request, keep);
  for (const size of [0, 60, 40, 1, 99, 0]) exchange.receive(new Uint8Array(size), memory);
  deepEqual(lengths, [60, 101]);
});

Deno.test("the memory of an answer that was read is the next one's", () => {
  const memory = new BodyMemory();
  const bodies: ArrayBufferLike[] = [];
  for (const size of [10, 4]) {
    const exchange = new Exchange(request, ({ body }) => void bodies.push(body.buffer));
    exchange.receive(new Uint8Array(size), memory);
    exchange.finish(new Map());
    exchange.release(memory);
    // A second time there is nothing to give.
    exchange.release(memory);
  }
  equal(bodies[0], bodies[1]);
  notEqual(memory.grow(none, 10).buffer, memory.grow(none, 10).buffer);
});

Deno.test("a body grows to twice its length at least, and begins as long as the longest before", () => {
  const memory = new BodyMemory();
  const first = memory.grow(none, 10);
  equal(first.byteLength, 10);
  first.fill(7);
  const second = memory.grow(first, 11);
  equal(second.byteLength, 20);
  deepEqual([...second.subarray(0, 10)], Array(10).fill(7));
  equal(memory.grow(second, 50).byteLength, 50);
  equal(memory.grow(none, 1).byteLength, 50);
});

Deno.test("memory that is empty takes no other's place", () => {
  const memory = new BodyMemory();
  const body = memory.grow(none, 10);
  memory.give(body);
  for (let count = 0; count < 5; count++) memory.give(none);
  equal(memory.grow(none, 10).buffer, body.buffer);
});
