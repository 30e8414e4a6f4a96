import { deepEqual, equal, ok, throws } from "node:assert/strict";
import fc from "fast-check";
import { concatBytes } from "../concat_bytes.ts";
import type { CameraPacket, CodecParameters } from "./camera_packet.ts";
import { NutDemuxer, type NutPacket } from "./nut_demuxer.ts";
import { muxOffsetMs, nutFrame, nutHeader } from "./nut_muxer.ts";

const parameters: CodecParameters = {
  video: {
    codec: "h264",
    fourcc: "H264",
    width: 1920,
    height: 1080,
    extradata: Uint8Array.of(0, 0, 0, 1, 0x67),
  },
  audio: {
    codec: "aac",
    fourcc: "\xff\0\0\0",
    sampleRate: 16_000,
    channels: 1,
    extradata: Uint8Array.of(0x14, 0x08),
  },
};

const packets = fc.array(
  fc.record({
    kind: fc.constantFrom("video" as const, "audio" as const),
    keyframe: fc.boolean(),
    // From before the first picture to a camera that ran for a year.
    ticks: fc.integer({ min: -9000, max: 90_000 * 86_400 * 365 }),
    data: fc.uint8Array({ maxLength: 300 }).map((bytes) => bytes.slice()),
  }).map(({ ticks, ...packet }): CameraPacket => ({
    ...packet,
    ptsMs: ticks / 90,
    capturedAtMs: 0,
  })),
  { maxLength: 12 },
);

function read(bytes: Uint8Array, cuts: readonly number[]) {
  const demuxer = new NutDemuxer();
  const found: NutPacket[] = [];
  for (let at = 0, turn = 0; at < bytes.length;) {
    const next = at + (cuts[turn++ % cuts.length] ?? 0) + 1;
    found.push(...demuxer.push(bytes.subarray(at, next)));
    at = next;
  }
  return { found, streams: demuxer.streams };
}

Deno.test("NutDemuxer reads what nutHeader() and nutFrame() write, however it is cut", () => {
  fc.assert(
    fc.property(packets, fc.array(fc.nat(700), { minLength: 1 }), (packets, cuts) => {
      const frames = packets.flatMap((packet) => [nutFrame(packet), packet.data]);
      const { found, streams } = read(concatBytes([nutHeader(parameters), ...frames]), cuts);
      deepEqual(streams?.map(({ kind, fourcc }) => [kind, fourcc]), [
        ["video", "H264"],
        ["audio", "\xff\0\0\0"],
      ]);
      equal(found.length, packets.length);
      for (const [index, { kind, keyframe, ptsMs, data }] of packets.entries()) {
        const packet = found[index]!;
        equal(packet.stream, kind === "video" ? 0 : 1);
        equal(packet.keyframe, keyframe);
        deepEqual(packet.data, data);
        ok(Math.abs(packet.timeMs - muxOffsetMs - ptsMs) < 1e-3);
      }
    }),
    { numRuns: 200 },
  );
});

/** Pictures and sound as ffmpeg's own muxer writes them. */
async function written(args: readonly string[]): Promise<Uint8Array> {
  const { stdout, stderr } = await new Deno.Command("ffmpeg", {
    args: [
      ...["-v", "error", "-f", "lavfi", "-i", "testsrc=s=64x48:r=25:d=3"],
      ...["-f", "lavfi", "-i", "sine=r=8000:d=3", ...args],
      ...["-f", "nut", "-write_index", "0", "-output_ts_offset", "10", "pipe:1"],
    ],
  }).output();
  equal(new TextDecoder().decode(stderr), "");
  return stdout;
}

for (
  const [name, fourcc, args] of [
    ["MJPEG", "MJPG", ["-c:v", "mjpeg", "-q:v", "20", "-c:a", "pcm_alaw"]],
    ["MPEG-4 with B-frames", "FMP4", ["-c:v", "mpeg4", "-bf", "2", "-g", "12", "-c:a", "aac"]],
  ] as const
) {
  Deno.test(`NutDemuxer reads what ffmpeg writes: ${name}`, async () => {
    const { found, streams } = read(await written(args), [9, 4000, 0]);
    equal(streams?.[0]?.fourcc, fourcc);
    deepEqual([streams?.[0]?.width, streams?.[0]?.height], [64, 48]);
    deepEqual([streams?.[1]?.sampleRate, streams?.[1]?.channels], [8000, 1]);
    const pictures = found.filter(({ stream }) => stream === 0);
    const times = pictures.map(({ timeMs }) => timeMs).sort((a, b) => a - b);
    equal(times.length, 75);
    times.forEach((ms, index) =>
      ok(Math.abs(ms - times[0]! - index * 40) < 0.1, `${index}: ${ms}`)
    );
    equal(pictures.filter(({ keyframe }) => keyframe).length, name === "MJPEG" ? 75 : 7);
    // An SOI, or a start code: nothing is missing at the beginning.
    const begins = name === "MJPEG" ? [0xff, 0xd8] : [0, 0];
    ok(pictures.every(({ data }) => data[0] === begins[0] && data[1] === begins[1]));
    const sound = found.filter(({ stream }) => stream === 1);
    ok(sound.length > 10 && sound.every(({ data }) => data.length > 0));
  });
}

Deno.test("NutDemuxer.pushHead() tells of the packets that push() reads, for those who read their bytes themselves", async () => {
  // Some are longer than a block, and most blocks hold more than one.
  const bytes = await written(["-c:v", "mpeg4", "-g", "12", "-c:a", "aac"]);
  const { found } = read(bytes, [4000]);
  const demuxer = new NutDemuxer();
  const packets: Pick<NutPacket, "timeMs" | "data">[] = [];
  for (let at = 0, block = bytes.subarray(0, 0);;) {
    const head = demuxer.pushHead(block);
    block = bytes.subarray(0, 0);
    if (head === null) {
      if (at === bytes.length) break;
      block = bytes.subarray(at, at + 300);
      at += block.length;
    } else {
      const { timeMs, size, begin } = head;
      const rest = bytes.subarray(at, at + size - begin.length);
      at += rest.length;
      packets.push({ timeMs, data: concatBytes([begin, rest]) });
    }
  }
  deepEqual(packets, found.map(({ timeMs, data }) => ({ timeMs, data })));
});

Deno.test("NutDemuxer says so when it is no NUT, and takes any bytes without another error", () => {
  throws(() => new NutDemuxer().push(new Uint8Array(188)), {
    name: "SyntaxError",
    message: "Cannot read NUT: it begins otherwise",
  });
  const header = nutHeader(parameters);
  fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
    try {
      new NutDemuxer().push(concatBytes([header, bytes]));
    } catch (error) {
      ok(error instanceof SyntaxError, `${error}`);
    }
  }));
});
