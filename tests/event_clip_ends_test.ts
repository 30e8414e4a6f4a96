/** Where clips begin and end, for each way of coding: by ffprobe, and by the numbers in their pictures. */

import { deepEqual, equal, ok } from "node:assert/strict";
import { cutGroups, inMemory } from "../src/media/clip_group.ts";
import { ClipSpool } from "../src/media/clip_spool.ts";
import { keepClip } from "../src/media/keep_clip.ts";
import { MediaFolder } from "../src/media/media_folder.ts";
import { noGuard } from "../src/process_guard.ts";
import { type ClipOptions, frameNumber, numberedClip } from "./support/clips.ts";
import { greyPictures, probe } from "./support/grey_pictures.ts";
import { ringOf } from "./support/ring_of.ts";

const fps = 25;
const stepMs = 1000 / fps;

const ways: readonly (Pick<ClipOptions, "codec" | "bFrames"> & { readonly most: number })[] = [
  { codec: "h264", bFrames: 0, most: 0 },
  { codec: "h264", bFrames: 2, most: 1 },
  { codec: "h264", bFrames: 3, most: 2 },
  { codec: "h265", bFrames: 0, most: 0 },
  { codec: "h265", bFrames: 2, most: 1 },
  { codec: "h265", bFrames: 3, most: 2 },
];

for (const { codec = "h264", bFrames = 0, most } of ways) {
  Deno.test(`${codec} with ${bFrames} B-frames: a clip has all its pictures, and ends within ${most} of its end`, async () => {
    const shape = { width: 320, height: 180, fps, frames: 150, keyEvery: 40 };
    const { file } = await numberedClip({ ...shape, codec, bFrames });
    const ring = await ringOf(file, codec === "h265" ? "hevc" : codec);
    const dataDir = await Deno.makeTempDir();
    try {
      const folder = new MediaFolder(dataDir);
      const { startMs } = ring.groups[1]!;
      // Half of it is in memory no more.
      const spool = new ClipSpool(folder.newSpool());
      for (const group of ring.groups.slice(0, 3)) {
        spool.leave(group, group.startMs + 1600, { frames: {}, notes: [] });
      }
      // Every way in which an end can lie between two of the pictures that depend upon each other.
      for (let end = 60; end < 84; end += 4 + end % 3) {
        const isOnDisk = end % 2 === 0;
        const groups = isOnDisk
          ? [...spool.left, ...ring.groups.slice(3).map(inMemory)]
          : ring.groups.map(inMemory);
        const task = { stream: "a", run: 1, fromMs: startMs + 99, atMs: 0, display: null };
        const { clip } = await keepClip({
          ...task,
          folder,
          groups,
          endMs: startMs + end * stepMs,
          guard: noGuard,
          signal: new AbortController().signal,
        });
        await checkFile(folder.pathOf(clip.name), { end, most, isReordered: bFrames > 0 });
      }
    } finally {
      await Deno.remove(dataDir, { recursive: true });
    }
  });
}

async function checkFile(
  path: string,
  { end, most, isReordered }: {
    readonly end: number;
    readonly most: number;
    readonly isReordered: boolean;
  },
): Promise<void> {
  const numbers = (await greyPictures(await Deno.readFile(path)))
    .map(({ data, width, height }) => frameNumber(data, width, height, 1));
  // The second group of pictures begins with number 40.
  deepEqual(numbers, numbers.map((_, index) => 40 + index), "none is missing");
  const count = numbers.length;
  ok(Math.abs(count - (end + 1)) <= most, `${count} pictures to the one of ${end}`);
  const entries = "stream=start_time,duration,nb_frames,pix_fmt";
  const [[pixels, start, duration, frames] = []] = await probe(path, entries);
  deepEqual([pixels, Number(start), Number(frames)], ["yuv420p", 0, count], "none is hidden");
  ok(Math.abs(Number(duration) - count / fps) <= 1 / fps, `${duration} s for ${count} pictures`);
  const [[whole] = []] = await probe(path, "format=duration");
  ok(Math.abs(Number(whole) - count / fps) <= 1 / fps, `${whole} s in all`);
  const packets = await probe(path, "packet=pts_time,dts_time,flags");
  ok(packets[0]![2]!.startsWith("K"));
  const times = packets.map(([pts, dts]) => [Number(pts), Number(dts)] as const);
  ok(times.every(([pts, dts]) => dts <= pts), "decoded before it is shown");
  for (const [index, [, dts]] of times.entries()) {
    const [, before] = times[index - 1] ?? [0, dts - 1 / fps];
    ok(
      Math.abs(dts - before - 1 / fps) < 0.001,
      `picture ${index} is decoded ${dts - before} s on`,
    );
  }
  equal(times.some(([pts, dts]) => pts - dts > 0.001), isReordered);
}

Deno.test("cutGroups() ends with the last picture before the end, and never tears apart what is shown together", () => {
  const group = (startMs: number, pictures: readonly number[]) => ({
    ...{ run: 1, startMs, pictures, notes: [], parameters: {} as never },
    packets: () => [],
    frames: () => Promise.resolve({}),
  });
  const cut = (endMs: number, ...groups: readonly (readonly number[])[]) => {
    const { groups: kept, lastMs } = cutGroups(groups.map((one) => group(one[0]!, one)), endMs);
    return [lastMs, ...kept.map(({ pictures }) => pictures.length)];
  };
  const plain = [[0, 40, 80], [120, 160]];
  deepEqual(cut(80, ...plain), [80, 3]);
  deepEqual(cut(118, ...plain), [80, 3], "the nearer one is not shown yet");
  deepEqual(cut(120, ...plain), [120, 3, 1]);
  deepEqual(cut(999, ...plain), [160, 3, 2], "there is no more");
  deepEqual(cut(-1, ...plain), [0, 1], "one there is always");
  const reordered = [[0, 120, 40, 80, 240, 160, 200], [360, 280, 320, 400]];
  deepEqual(cut(0, ...reordered), [0, 1]);
  deepEqual(cut(40, ...reordered), [0, 1]);
  deepEqual(cut(80, ...reordered), [120, 4]);
  deepEqual(cut(160, ...reordered), [120, 4]);
  deepEqual(cut(200, ...reordered), [240, 7]);
  deepEqual(cut(320, ...reordered), [360, 7, 3], "pictures behind a key frame are shown before it");
  deepEqual(cut(400, ...reordered), [400, 7, 4]);
});
