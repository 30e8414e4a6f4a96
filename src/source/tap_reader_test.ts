import { deepEqual, equal, throws } from "node:assert/strict";
import { concatBytes } from "../concat_bytes.ts";
import type { CameraPacket, CodecParameters } from "../frame/camera_packet.ts";
import { startCodes } from "../frame/nut_format.ts";
import { nutFrame, nutHeader } from "../frame/nut_muxer.ts";
import { TapReader } from "./tap_reader.ts";

const code = [0, 0, 0, 1];
const [sps, otherSps, pps, idr, slice] = [[0x67, 1], [0x67, 2], [0x68, 3], [0x65, 4], [0x41, 5]];
const withCodes = (...units: number[][]) => units.flatMap((unit) => [...code, ...unit]);

type Piece = readonly [kind: "video" | "audio", keyframe: boolean, data: readonly number[]];

/** What a tap is told of these packets. */
function told(
  video: readonly number[],
  pieces: readonly Piece[],
  fourcc = "\xff\0\0\0",
  codec = "h264",
) {
  const parameters: CodecParameters = {
    video: {
      codec,
      fourcc: "H264",
      width: 64,
      height: 48,
      extradata: Uint8Array.from(video),
    },
    audio: {
      codec: "",
      fourcc,
      sampleRate: 8000,
      channels: 1,
      extradata: new Uint8Array(0),
    },
  };
  const lines: string[] = [];
  const reader = new TapReader({
    begin: () => {},
    describe: ({ video, audio }) =>
      lines.push(`video ${video.extradata} audio ${audio?.extradata}`),
    write: ({ kind, data, keyframe, ptsMs, capturedAtMs }) =>
      lines.push(
        codec === "vp9"
          ? `${data}${keyframe ? " key" : ""}`
          : `${kind} ${data} at ${ptsMs} ${capturedAtMs}`,
      ),
  }, codec);
  const packets = pieces.map(([kind, keyframe, data], index): CameraPacket => ({
    kind,
    keyframe,
    data: Uint8Array.from(data),
    ptsMs: 40 * index,
    capturedAtMs: 0,
  }));
  const frames = packets.flatMap((packet) => [nutFrame(packet), packet.data]);
  reader.push(concatBytes([nutHeader(parameters), ...frames]), 1234);
  return lines;
}

Deno.test("TapReader gives H.264 with start codes, and each key frame its parameter sets", () => {
  const avcC = [1, 0x42, 0, 0x1e, 0xff, 0xe1, 0, 2, ...sps!, 1, 0, 2, ...pps!];
  const sets = withCodes(sps!, pps!);
  deepEqual(
    told(avcC, [
      ["video", true, [0, 0, 0, 2, ...idr!]],
      ["video", false, [0, 0, 0, 2, ...slice!]],
    ]),
    [
      `video ${sets} audio `,
      `video ${[...sets, ...withCodes(idr!)]} at 0 1234`,
      `video ${withCodes(slice!)} at 40 1234`,
    ],
  );
});

Deno.test("TapReader tells of other parameter sets before the key frame that has them", () => {
  const first = withCodes(sps!, pps!, idr!);
  const second = withCodes(otherSps!, pps!, idr!);
  deepEqual(told([], [["video", true, first], ["video", true, first], ["video", true, second]]), [
    `video  audio `,
    `video ${withCodes(sps!, pps!)} audio `,
    `video ${first} at 0 1234`,
    `video ${first} at 40 1234`,
    `video ${withCodes(otherSps!, pps!)} audio `,
    `video ${second} at 80 1234`,
  ]);
});

Deno.test("TapReader takes the headers of a transport stream off AAC, and off nothing else", () => {
  // 8 kHz, one channel, low complexity: AudioSpecificConfig 15 88.
  const adts = [0xff, 0xf1, 0x6c, 0x40, 1, 0x7f, 0xfc, 7, 8];
  deepEqual(told([], [["audio", true, adts]]), [
    `video  audio `,
    `video  audio ${[0x15, 0x88]}`,
    `audio ${[7, 8]} at 0 1234`,
  ]);
  equal(told([], [["audio", true, adts]], "\x06\0\0\0")[1], `audio ${adts} at 0 1234`);
});

Deno.test("TapReader tells of sound once, and takes no headers off what has none", () => {
  const adts = [0xff, 0xf1, 0x6c, 0x40, 1, 0x7f, 0xfc, 7];
  const raw = [[0x21, 0xf1, 1, 2, 3, 4, 5, 6], [0xff, 0x01, 1, 2, 3, 4, 5, 6], [0xff, 0xe1, 1]];
  const pieces = [adts, adts, ...raw].map((data): Piece => ["audio", true, data]);
  deepEqual(told([], pieces), [
    `video  audio `,
    `video  audio ${[0x15, 0x88]}`,
    ...[[7], [7], ...raw].map((data, index) => `audio ${data} at ${40 * index} 1234`),
  ]);
});

Deno.test("TapReader tells of parameter sets that are fewer than before", () => {
  const key = (...units: number[][]): Piece => ["video", true, withCodes(...units, idr!)];
  const lines = told([], [key(sps!, pps!, [0x68, 4]), key(sps!, pps!)]);
  deepEqual(lines.filter((line) => line.startsWith("video") && line.includes("audio")), [
    `video  audio `,
    `video ${withCodes(sps!, pps!, [0x68, 4])} audio `,
    `video ${withCodes(sps!, pps!)} audio `,
  ]);
});

Deno.test("TapReader passes on other codecs as they come, also without sound", () => {
  const extradata = Uint8Array.of(1, 2, 3);
  const video = { codec: "", fourcc: "MJPG", width: 8, height: 6, extradata };
  const described: CodecParameters[] = [];
  const written: CameraPacket[] = [];
  const reader = new TapReader({
    begin: () => {},
    describe: (parameters) => described.push(parameters),
    write: (packet) => written.push(packet),
  }, "mjpeg");
  const packet: CameraPacket = {
    ...{ kind: "video", keyframe: true, data: Uint8Array.from(withCodes(sps!, idr!)), ptsMs: 5 },
    capturedAtMs: 9,
  };
  const stream = [nutHeader({ video, audio: null }), nutFrame(packet), packet.data];
  reader.push(concatBytes(stream), 9);
  deepEqual(described, [{ video: { ...video, codec: "mjpeg" }, audio: null }]);
  deepEqual(written, [packet]);
});

/** The same with other kinds in the headers of its streams: 0 = video, 1 = audio, 2 = subtitles. */
function withKinds(bytes: Uint8Array, kinds: readonly number[]): Uint8Array {
  const changed = bytes.slice();
  let at = 0;
  for (const kind of kinds) {
    at = changed.findIndex((_, index) =>
      index > at && startCodes.stream.every((byte, offset) => changed[index + offset] === byte)
    );
    // Behind the code stand a length and the stream's number.
    changed[at + startCodes.stream.length + 2] = kind;
  }
  return changed;
}

const none = new Uint8Array(0);

Deno.test("TapReader cannot read what has no video, and finds the video wherever it stands", () => {
  const audio = { codec: "", fourcc: "ULAW", sampleRate: 8000, channels: 1, extradata: none };
  const video = { codec: "", fourcc: "MJPG", width: 8, height: 6, extradata: none };
  // Kinds of the two streams, in the order of their headers.
  const read = (kinds: readonly [number, number]) => {
    const written: CameraPacket[] = [];
    const described: CodecParameters[] = [];
    const reader = new TapReader({
      begin: () => {},
      describe: (parameters) => described.push(parameters),
      write: (packet) => written.push(packet),
    }, "mjpeg");
    const packet: CameraPacket = {
      ...{ kind: "video", keyframe: true, data: Uint8Array.of(7), ptsMs: 0, capturedAtMs: 9 },
    };
    const bytes = concatBytes([nutHeader({ video, audio }), nutFrame(packet), packet.data]);
    reader.push(withKinds(bytes, kinds), 9);
    return { written, described };
  };
  equal(read([0, 1]).described[0]!.video.fourcc, "MJPG");
  throws(() => read([1, 1]), { message: "Cannot read the tap: it has no video" });
  const second = read([2, 0]);
  equal(second.described[0]!.video.fourcc, "ULAW");
  // What is neither picture nor sound goes nowhere.
  deepEqual(second.written, []);
});

Deno.test("TapReader knows a key frame of VP9 that ffmpeg does not call one", () => {
  const [key, inter, shown, key3, inter3, noFrame] = [0x82, 0x86, 0x88, 0xb1, 0xb2, 0x02];
  const frames = [key, inter, shown, key3, inter3, noFrame];
  const pieces = frames.map((first): Piece => ["video", false, [first!]]);
  deepEqual(told([], pieces, undefined, "vp9").slice(1), [
    "130 key",
    "134",
    "136",
    "177 key",
    "178",
    "2",
  ]);
});
