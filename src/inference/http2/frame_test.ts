import { deepEqual, equal, throws } from "node:assert/strict";
import fc from "fast-check";
import {
  frameFlag,
  FrameReader,
  frameType,
  makeFrame,
  makeSettings,
  readUint32,
  setting,
  uint32,
  unpad,
} from "./frame.ts";

const maxFrameSize = 200;

Deno.test("FrameReader yields the same frames however the bytes are cut", () => {
  const frame = fc.record({
    type: fc.integer({ min: 0, max: 255 }),
    flags: fc.integer({ min: 0, max: 255 }),
    stream: fc.integer({ min: 0, max: 0x7fffffff }),
    payload: fc.uint8Array({ maxLength: maxFrameSize }),
  });
  const cuts = fc.infiniteStream(fc.integer({ min: 1, max: 500 }));
  fc.assert(fc.property(fc.array(frame), cuts, (frames, cuts) => {
    const bytes = Uint8Array.from(
      frames.flatMap(({ type, flags, stream, payload }) => [
        ...makeFrame(type, flags, stream, payload),
      ]),
    );
    const reader = new FrameReader(maxFrameSize);
    const seen = [];
    for (let offset = 0; offset < bytes.byteLength;) {
      const space = reader.space();
      const length = Math.min(cuts.next().value, space.byteLength, bytes.byteLength - offset);
      space.set(bytes.subarray(offset, offset + length));
      offset += length;
      reader.add(length);
      for (let frame = reader.next(); frame !== null; frame = reader.next()) {
        seen.push({ ...frame, payload: new Uint8Array(frame.payload) });
      }
    }
    deepEqual(seen, frames.map((frame) => ({ ...frame })));
  }));
});

Deno.test("FrameReader refuses a frame that is larger than allowed", () => {
  const reader = new FrameReader(maxFrameSize);
  const bytes = makeFrame(frameType.data, 0, 1, new Uint8Array(maxFrameSize + 1));
  reader.space().set(bytes);
  reader.add(bytes.byteLength);
  throws(() => reader.next(), RangeError);
});

Deno.test("readUint32() reads what uint32() made, and refuses too few bytes", () => {
  for (const value of [0, 1, 0x7fffffff, 0x80000000, 0xffffffff]) {
    equal(readUint32(uint32(value), 0), value);
  }
  throws(() => readUint32(uint32(7), 1), RangeError);
});

Deno.test("unpad() takes away padding and priority, and refuses too much of it", () => {
  const { headers } = frameType;
  const flags = frameFlag.padded | frameFlag.priority;
  const payload = Uint8Array.of(2, 0, 0, 0, 0, 0, 7, 8, 9, 0, 0);
  deepEqual([...unpad({ type: headers, flags, stream: 1, payload })], [7, 8, 9]);
  throws(
    () => unpad({ type: headers, flags, stream: 1, payload: Uint8Array.of(9, 1) }),
    RangeError,
  );
});

Deno.test("unpad() takes away what the flags say, and leaves the rest", () => {
  const { headers, data } = frameType;
  const { padded, priority, endStream } = frameFlag;
  const unpadded = (type: number, flags: number, ...bytes: number[]) => [
    ...unpad({ type, flags, stream: 1, payload: Uint8Array.from(bytes) }),
  ];
  deepEqual(unpadded(data, endStream, 2, 7, 8), [2, 7, 8]);
  deepEqual(unpadded(data, padded, 2, 7, 8, 0, 0), [7, 8]);
  deepEqual(unpadded(data, padded, 0, 7, 8), [7, 8]);
  deepEqual(unpadded(headers, padded, 1, 7, 0), [7]);
  deepEqual(unpadded(headers, priority, 0, 0, 0, 0, 0, 7), [7]);
  // Only headers have a priority.
  deepEqual(unpadded(data, priority, 0, 0, 0, 0, 0, 7), [0, 0, 0, 0, 0, 7]);
  deepEqual(unpadded(data, padded, 2, 0, 0), []);
  throws(() => unpadded(data, padded, 3, 0, 0), RangeError);
  throws(() => unpadded(headers, priority, 0, 0), RangeError);
  throws(() => unpadded(data, padded), RangeError);
});

Deno.test("makeSettings() writes six bytes for each setting", () => {
  const bytes = makeSettings([[setting.headerTableSize, 0], [setting.maxFrameSize, 0x10203]]);
  deepEqual([...bytes], [0, 1, 0, 0, 0, 0, 0, 5, 0, 1, 2, 3]);
});

Deno.test("makeFrame() writes length, type, flags and stream, most significant byte first", () => {
  const payload = new Uint8Array(0x010203);
  const frame = makeFrame(6, 5, 0x04030201, payload);
  deepEqual([...frame.subarray(0, 9)], [1, 2, 3, 6, 5, 4, 3, 2, 1]);
  equal(frame.byteLength, 9 + payload.byteLength);
});

Deno.test("FrameReader takes a frame of just the size that is allowed, and tells no stream's reserved bit", () => {
  for (const maxFrameSize of [1, 200]) {
    const reader = new FrameReader(maxFrameSize);
    const bytes = makeFrame(frameType.data, 0, 0x80000007, new Uint8Array(maxFrameSize));
    reader.space().set(bytes.subarray(0, -1));
    reader.add(bytes.byteLength - 1);
    equal(reader.next(), null);
    reader.space().set(bytes.subarray(-1));
    reader.add(1);
    const frame = reader.next();
    deepEqual([frame?.stream, frame?.payload.byteLength], [7, maxFrameSize]);
    equal(reader.next(), null);
  }
});
