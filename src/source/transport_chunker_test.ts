import assert from "node:assert/strict";
import fc from "fast-check";
import { TransportChunker } from "./transport_chunker.ts";

const pids = { table: 0, map: 0x1000, video: 0x100 };

/** A transport packet; `key` is true or false for the first packet of a picture, absent for others. */
function packet(pid: number, key?: boolean): Uint8Array {
  const bytes = new Uint8Array(188).fill(0xff);
  const begins = key !== undefined || pid !== pids.video;
  bytes.set([0x47, (begins ? 0x40 : 0) | pid >> 8, pid & 0xff]);
  if (key === undefined) bytes[3] = 0x10;
  else bytes.set([0x30, 7, key ? 0x50 : 0x10, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0xe0], 3);
  return bytes;
}

/** A picture as ffmpeg writes it: tables, its first packet, others. */
function picture(key: boolean, more: number): Uint8Array[] {
  const rest = Array.from({ length: more }, () => packet(pids.video));
  return [packet(pids.table), packet(pids.map), packet(pids.video, key), ...rest];
}

const pictures = fc.array(fc.record({ key: fc.boolean(), more: fc.nat(4) }), { maxLength: 12 });

Deno.test("TransportChunker loses no byte and marks each key frame, however the bytes are cut", () => {
  fc.assert(
    fc.property(pictures, fc.array(fc.nat(700), { minLength: 1 }), (pictures, cuts) => {
      const packets = pictures.flatMap(({ key, more }) => picture(key, more));
      const bytes = Uint8Array.from(packets.flatMap((one) => [...one]));
      const chunker = new TransportChunker();
      const chunks = [];
      for (let at = 0, turn = 0; at < bytes.length;) {
        const next = at + (cuts[turn++ % cuts.length] ?? 0) + 1;
        chunks.push(...chunker.push(bytes.subarray(at, next)));
        at = next;
      }
      const whole = chunks.flatMap(({ data }) => [...data]);
      assert.deepEqual(whole, [...bytes]);
      assert.ok(chunks.every(({ data }) => data.length > 0 && data.length % 188 === 0));
      const keyframes = chunks.filter(({ keyframe }) => keyframe);
      assert.equal(keyframes.length, pictures.filter(({ key }) => key).length);
      for (const { data } of keyframes) {
        assert.deepEqual([...data.subarray(0, 4)], [...packet(pids.table).subarray(0, 4)]);
      }
    }),
    { numRuns: 200 },
  );
});

Deno.test("TransportChunker says so when it is no transport stream", () => {
  assert.throws(() => new TransportChunker().push(new Uint8Array(188)), {
    message: "Cannot read the transport stream: no packet at byte 0",
  });
});
