import { deepEqual, equal, ok } from "node:assert/strict";
import fc from "fast-check";
import { frameFlag, FrameReader, frameType } from "./frame.ts";
import { SendWindows } from "./send_windows.ts";
import { concatBytes } from "../../concat_bytes.ts";

const maxFrameSize = 16_384;
const head = Uint8Array.of(1, 2, 3);

/** What was written: heads, and of each stream its bytes, its frames and whether it ended. */
function setUp() {
  const written: Uint8Array[] = [];
  const windows = new SendWindows((frames) => {
    written.push(frames.slice());
    // As if it had been written at once: memory that is used again must not show.
    windows.recycle(frames);
  });
  return { windows, written };
}

function readData(written: Uint8Array): { data: number[]; frames: number; ended: boolean } {
  const reader = new FrameReader(maxFrameSize);
  const data: number[] = [];
  let frames = 0;
  let ended = false;
  for (let offset = 0; offset < written.byteLength;) {
    const space = reader.space();
    const part = written.subarray(offset, offset + space.byteLength);
    space.set(part);
    reader.add(part.byteLength);
    offset += part.byteLength;
    for (let frame = reader.next(); frame !== null; frame = reader.next()) {
      equal(frame.type, frameType.data);
      ok(!ended, "nothing comes after the end");
      ended = (frame.flags & frameFlag.endStream) !== 0;
      for (const byte of frame.payload) data.push(byte);
      frames++;
    }
  }
  return { data, frames, ended };
}

Deno.test("SendWindows sends a body whole, however it is cut and the windows open", () => {
  const pieces = fc.array(fc.uint8Array({ maxLength: 40_000, size: "max" }), { maxLength: 4 });
  const window = fc.integer({ min: 0, max: 50_000 });
  const increments = fc.array(fc.integer({ min: 1, max: 40_000 }), { maxLength: 10 });
  fc.assert(
    fc.property(pieces, window, increments, (body, initial, increments) => {
      const { windows, written } = setUp();
      windows.setInitial(initial);
      windows.send(1, head, body);
      for (const increment of increments) windows.grow(1, increment);
      windows.grow(0, 1_000_000);
      windows.grow(1, 1_000_000);
      const all = concatBytes(written);
      deepEqual(all.subarray(0, head.byteLength), head);
      const { data, ended } = readData(all.subarray(head.byteLength));
      ok(ended);
      ok(!windows.has(1));
      deepEqual(Uint8Array.from(data), concatBytes(body));
    }),
    { numRuns: 60 },
  );
});

Deno.test("SendWindows makes one write of as many frames as the peer wants", () => {
  const { windows, written } = setUp();
  windows.grow(0, 1_000_000);
  windows.setInitial(1_000_000);
  windows.send(1, head, [new Uint8Array(2 * maxFrameSize), new Uint8Array(1)]);
  windows.send(3, head, []);
  equal(written.length, 2);
  equal(readData(written[0]!.subarray(head.byteLength)).frames, 3);
  equal(readData(written[1]!.subarray(head.byteLength)).frames, 1);
});

Deno.test("SendWindows looks no more at a body that is dropped", () => {
  const { windows, written } = setUp();
  windows.setInitial(10);
  windows.send(1, head, [new Uint8Array(20)]);
  equal(written.length, 1);
  windows.drop(1);
  windows.grow(1, 1000);
  windows.setInitial(1000);
  equal(written.length, 1);
});

/** Bytes of bodies that were written, less heads and frames' headers. */
function bodyBytes(written: readonly Uint8Array[], heads: number): number {
  const all = written.reduce((sum, { byteLength }) => sum + byteLength, 0) -
    heads * head.byteLength;
  let frames = 0;
  for (const one of written) {
    const begin = one.subarray(0, head.byteLength).every((byte, at) => byte === head[at])
      ? head.byteLength
      : 0;
    if (one.byteLength > begin) frames += readData(one.subarray(begin)).frames;
  }
  return all - frames * 9;
}

Deno.test("SendWindows sends no byte more than the peer allowed, on the stream and in all", () => {
  const { windows, written } = setUp();
  windows.setInitial(1000);
  windows.send(1, head, [new Uint8Array(3000).fill(9)]);
  equal(bodyBytes(written, 1), 1000);
  windows.grow(1, 500);
  equal(bodyBytes(written, 1), 1500);
  equal(windows.has(1), true);
  // A larger beginning is more for those under way as well, and a smaller one less.
  windows.setInitial(1200);
  equal(bodyBytes(written, 1), 1700);
  windows.setInitial(1100);
  equal(bodyBytes(written, 1), 1700);
  windows.grow(1, 101);
  equal(bodyBytes(written, 1), 1701);
  windows.grow(1, 100_000);
  equal(bodyBytes(written, 1), 3000);
  equal(windows.has(1), false);
  // 65,535 in all: 3,000 are spent.
  windows.setInitial(100_000);
  windows.send(3, head, [new Uint8Array(62_535 + 10).fill(9)]);
  equal(bodyBytes(written, 2), 65_535);
  windows.grow(3, 1000);
  equal(bodyBytes(written, 2), 65_535);
  windows.grow(0, 10);
  equal(bodyBytes(written, 2), 65_545);
  equal(windows.has(3), false);
  const writes = written.length;
  windows.grow(0, 1000);
  equal(written.length, writes, "nothing is left to send");
});

Deno.test("SendWindows writes nothing while nothing may go", () => {
  const { windows, written } = setUp();
  windows.setInitial(0);
  windows.send(1, head, [new Uint8Array(10)]);
  equal(written.length, 1, "the head goes alone");
  windows.grow(0, 5);
  equal(written.length, 1);
  windows.grow(1, 10);
  equal(written.length, 2);
});

Deno.test("SendWindows ends a body whose last pieces are empty", () => {
  const { windows, written } = setUp();
  windows.setInitial(4);
  windows.send(1, head, [new Uint8Array(), new Uint8Array(4).fill(7), new Uint8Array()]);
  equal(written.length, 1);
  deepEqual(readData(written[0]!.subarray(head.byteLength)), {
    data: [7, 7, 7, 7],
    frames: 1,
    ended: true,
  });
  equal(windows.has(1), false);
});

Deno.test("SendWindows.setMaxFrameSize() bounds the frames that follow", () => {
  const { windows, written } = setUp();
  windows.setMaxFrameSize(100);
  windows.send(1, head, [new Uint8Array(250)]);
  equal(readData(written[0]!.subarray(head.byteLength)).frames, 3);
});

Deno.test("SendWindows ends a stream by its tail, behind the last byte of the body", () => {
  const tail = Uint8Array.of(7, 8, 9);
  for (const length of [0, 1, 20_000, 100_000]) {
    const { windows, written } = setUp();
    windows.send(1, head, [new Uint8Array(length)], tail);
    for (let left = length - 65_535; left > 0; left -= 10_000) {
      equal(windows.waiting, 1);
      windows.grow(0, 10_000);
      windows.grow(1, 10_000);
    }
    equal(windows.waiting, 0);
    const bytes = new Uint8Array(written.flatMap((part) => [...part]));
    deepEqual(bytes.slice(0, head.byteLength), head);
    deepEqual(bytes.slice(-tail.byteLength), tail);
    const { data, ended } = readData(bytes.subarray(head.byteLength, -tail.byteLength));
    deepEqual([data.length, ended], [length, false]);
  }
});

Deno.test("SendWindows sends no empty frame but the one that ends an empty body", () => {
  const { windows, written } = setUp();
  windows.setInitial(0);
  windows.send(1, head, [Uint8Array.of(4)]);
  deepEqual(concatBytes(written), head);
  windows.send(3, head, [], Uint8Array.of(9));
  deepEqual(written[1], Uint8Array.of(1, 2, 3, 9));
  windows.send(5, head, []);
  deepEqual(readData(written[2]!.subarray(head.byteLength)), { data: [], frames: 1, ended: true });
});

Deno.test("an open body sends its parts one by one, however the windows open, and ends when it is closed", () => {
  const parts = fc.array(fc.uint8Array({ maxLength: 20_000, size: "max" }), { maxLength: 5 });
  const initial = fc.integer({ min: 0, max: 30_000 });
  // What is withdrawn before anything of it went is left out; what was begun comes to its end.
  const withdrawn = fc.option(fc.nat(4), { nil: null });
  fc.assert(
    fc.property(parts, initial, withdrawn, fc.boolean(), (bodies, window, index, early) => {
      const { windows, written } = setUp();
      windows.setInitial(window);
      windows.open(1, head);
      const sent: number[] = [];
      const all = bodies.map((body, at) => ({
        pieces: [body.subarray(0, 7), body.subarray(7)].map((piece) => new Uint8Array(piece)),
        onSent: () => void sent.push(at),
      }));
      if (early) windows.grow(0, 10_000_000);
      for (const part of all) windows.push(1, part);
      const begun = Math.min(window, early ? Infinity : 65_535);
      const before = bodies.slice(0, index ?? 0).reduce((sum, body) => sum + body.byteLength, 0);
      const part = index === null ? undefined : all[index];
      const isWhole = index !== null && before + (bodies[index]?.byteLength ?? 0) <= begun;
      const isLeftOut = part !== undefined && !isWhole && before >= begun;
      if (part) {
        windows.withdraw(1, part);
        // Its memory is another's now.
        if (!isWhole) { for (const piece of part.pieces) piece.fill(0xee); }
      }
      windows.close(1);
      windows.grow(0, 10_000_000);
      windows.grow(1, 10_000_000);
      const { data, ended } = readData(concatBytes(written).subarray(head.byteLength));
      ok(ended);
      ok(!windows.has(1));
      const expected = bodies.filter((_, at) => !(isLeftOut && at === index));
      deepEqual(Uint8Array.from(data), concatBytes(expected));
      deepEqual(sent, bodies.map((_, at) => at).filter((at) => !(isLeftOut && at === index)));
    }),
  );
});

Deno.test("an open body may wait for parts and be closed by trailers", () => {
  const { windows, written } = setUp();
  windows.open(1, head);
  equal(written.length, 1, "its head waits for no part");
  windows.push(1, { pieces: [Uint8Array.of(5)] });
  windows.close(1, Uint8Array.of(9, 9));
  windows.push(1, { pieces: [Uint8Array.of(6)] });
  const all = concatBytes(written);
  deepEqual([...all.subarray(-2)], [9, 9]);
  deepEqual(readData(all.subarray(head.byteLength, -2)), { data: [5], frames: 1, ended: false });
  ok(!windows.has(1));
});
