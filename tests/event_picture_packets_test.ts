/** Pictures of events are decoded from as few packets as show them: the right ones, for each way of coding. */

import { equal, ok } from "node:assert/strict";
import { makeSnapshots } from "../src/media/make_snapshot.ts";
import { noGuard } from "../src/process_guard.ts";
import { type ClipOptions, frameNumber, numberedClip } from "./support/clips.ts";
import { greyPicture, greyPictures } from "./support/grey_pictures.ts";
import { ringOf } from "./support/ring_of.ts";

const ways: readonly Pick<ClipOptions, "codec" | "bFrames">[] = [
  { codec: "h264", bFrames: 0 },
  { codec: "h264", bFrames: 3 },
  { codec: "h265", bFrames: 3 },
];

for (const { codec = "h264", bFrames = 0 } of ways) {
  Deno.test(`${codec} with ${bFrames} B-frames: pictures are what all packets would show`, async () => {
    const shape = { width: 320, height: 180, fps: 25, frames: 100, keyEvery: 40 };
    const { file } = await numberedClip({ ...shape, codec, bFrames });
    const ring = await ringOf(file, codec === "h265" ? "hevc" : codec);
    const all = await greyPictures(await Deno.readFile(file));
    const numbers = [40, 41, 42, 43, 47, 66, 79];
    for (const wanted of [numbers, ...numbers.map((number) => [number])]) {
      const stamps = wanted.map((number) => number * 40 + ring.groups[0]!.startMs);
      const jpegs = await makeSnapshots({
        groups: ring.from(stamps[0]!),
        display: null,
        guard: noGuard,
        memoryMb: 512,
        signal: new AbortController().signal,
      }, stamps);
      for (const [index, jpeg] of jpegs.entries()) {
        const { data, width, height } = await greyPicture(jpeg);
        const number = wanted[index]!;
        equal(frameNumber(data, width, height, 1), number);
        const whole = all[number]!.data;
        const off = data.reduce((sum, grey, at) => sum + Math.abs(grey - whole[at]!), 0);
        ok(off / data.length < 3, `picture ${number} is ${off / data.length} off`);
      }
    }
  });
}
