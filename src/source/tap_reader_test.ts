import { deepEqual, equal } from "node:assert/strict";
import { concatBytes } from "../concat_bytes.ts";
import type { CameraPacket, CodecParameters } from "../frame/camera_packet.ts";
import { nutFrame, nutHeader } from "../frame/nut_muxer.ts";
import { TapReader } from "./tap_reader.ts";

const code = [0, 0, 0, 1];
const [sps, otherSps, pps, idr, slice] = [[0x67, 1], [0x67, 2], [0x68, 3], [0x65, 4], [0x41, 5]];
const withCodes = (...units: number[][]) => units.flatMap((unit) => [...code, ...unit]);

type Piece = readonly [kind: "video" | "audio", keyframe: boolean, data: readonly number[]];

/** What a tap is told of these packets. */
function told(video: readonly number[], pieces: readonly Piece[], fourcc = "\xff\0\0\0") {
  const parameters: CodecParameters = {
    video: {
      codec: "h264",
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
    write: ({ kind, data, ptsMs, capturedAtMs }) =>
      lines.push(`${kind} ${data} at ${ptsMs} ${capturedAtMs}`),
  }, "h264");
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
