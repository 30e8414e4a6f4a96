import assert from "node:assert/strict";
import type { MessageHead } from "./messages.ts";
import { fromPipe, maxBufferBytes, maxHeaderBytes, toPipe } from "./pipe_frames.ts";
import { concatBytes } from "../../concat_bytes.ts";

/** Reads from bytes as from a pipe that closes behind them. */
function reader(bytes: Uint8Array) {
  let at = 0;
  return (byteLength: number) => {
    if (at + byteLength > bytes.length) return null;
    return new Uint8Array(bytes.slice(at, at += byteLength));
  };
}

Deno.test("fromPipe() reads what toPipe() made, one message after the other", async () => {
  const first = { header: '{"ä":1}', buffers: [Uint8Array.of(1, 2, 3), new Uint8Array()] };
  const second = { header: "{}", buffers: [] };
  const read = reader(concatBytes([...toPipe(first).onPipe, ...toPipe(second).onPipe]));
  assert.deepEqual(await fromPipe(read), first);
  assert.deepEqual(await fromPipe(read), second);
  assert.equal(await fromPipe(read), null);
});

Deno.test("fromPipe() takes a message that breaks off for the end of the pipe", async () => {
  const whole = concatBytes(toPipe({ header: "{}", buffers: [Uint8Array.of(1, 2, 3)] }).onPipe);
  for (let length = 0; length < whole.length; length++) {
    assert.equal(await fromPipe(reader(whole.slice(0, length))), null);
  }
});

Deno.test("fromPipe() refuses what is too large, before it takes memory for it", async () => {
  const numbers = (...values: number[]) => new Uint8Array(Uint32Array.from(values).buffer);
  const cases = [
    numbers(maxHeaderBytes + 1, 0, 0, 0, 0),
    numbers(0, 16_385, 0, 0, 0),
    numbers(0, 1, maxBufferBytes + 1, 0, 0),
    // More than was said.
    numbers(0, 2, 0, 0, 0, 2 ** 31, 2 ** 31),
    // Another way was not offered.
    numbers(0, 1, 9, 1, 0, 9),
  ];
  for (const bytes of cases) {
    await assert.rejects(() => fromPipe(reader(bytes)), {
      name: "RangeError",
      message: /^Cannot read a message of \d+ bytes and \d+ buffers$/,
    });
  }
});

Deno.test("fromPipe() asks whether a message may come, before it reads it", async () => {
  const message = { header: "{}", buffers: [Uint8Array.of(1, 2, 3)] };
  const heads: MessageHead[] = [];
  for (const answer of [{}, { call: 0 }, { call: 7 }]) {
    const read = reader(concatBytes(toPipe({ ...message, ...answer }).onPipe));
    assert.deepEqual(
      await fromPipe(read, undefined, (head) => heads.push(head)),
      { ...message, ...answer },
    );
    assert.deepEqual(heads.pop(), { headerBytes: 2, bufferBytes: 3, ...answer });
  }
  const unread = toPipe(message).onPipe[0]!.subarray(0, 20);
  await assert.rejects(
    () =>
      fromPipe(reader(unread), undefined, () => {
        throw new Error("no");
      }),
    { message: "no" },
  );
});

Deno.test("fromPipe() reads large buffers the other way, where there is one", async () => {
  const large = { header: "{}", buffers: [new Uint8Array(70_000).fill(7), Uint8Array.of(1)] };
  const small = { header: "{}", buffers: [Uint8Array.of(2)] };
  const parts = [toPipe(large, true), toPipe(small, true)];
  const read = reader(concatBytes(parts.flatMap(({ onPipe }) => onPipe)));
  const readAside = reader(concatBytes(parts.flatMap(({ aside }) => aside)));
  assert.equal(parts[1]!.aside.length, 0);
  assert.deepEqual(await fromPipe(read, readAside), large);
  assert.deepEqual(await fromPipe(read, readAside), small);
  assert.equal(toPipe(large).aside.length, 0);
});

Deno.test("fromPipe() takes what is just within its bounds", async () => {
  const heads: MessageHead[] = [];
  const stop = new Error("seen");
  const numbers = (...values: number[]) => new Uint8Array(Uint32Array.from(values).buffer);
  for (const values of [[maxHeaderBytes, 0, 0], [0, 16_384, 0], [0, 1, maxBufferBytes]]) {
    await assert.rejects(
      () =>
        fromPipe(reader(numbers(...values, 0, 0)), undefined, (head) => {
          heads.push(head);
          throw stop;
        }),
      stop,
    );
  }
  assert.deepEqual(heads, [
    { headerBytes: maxHeaderBytes, bufferBytes: 0 },
    { headerBytes: 0, bufferBytes: 0 },
    { headerBytes: 0, bufferBytes: maxBufferBytes },
  ]);
});

Deno.test("toPipe() goes the other way with more than a pipe holds, and no sooner", () => {
  const aside = (...lengths: number[]) =>
    toPipe({ header: "{}", buffers: lengths.map((length) => new Uint8Array(length)) }, true).aside
      .length;
  assert.deepEqual([aside(65_536), aside(65_537), aside(32_768, 32_769), aside()], [0, 1, 2, 0]);
});

Deno.test("fromPipe() tells what is begun from what is yet to come", async () => {
  const asked: [number, boolean][] = [];
  const read = reader(concatBytes(toPipe({ header: "{}", buffers: [Uint8Array.of(1)] }).onPipe));
  await fromPipe((byteLength, begun) => {
    asked.push([byteLength, begun]);
    return read(byteLength);
  });
  assert.deepEqual(asked, [[20, false], [6, true], [1, true]]);
});
