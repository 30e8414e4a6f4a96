/** Pictures of events by the real program, with real cameras: the very frame, kept and found again. */

import { deepEqual, equal, match, ok } from "node:assert/strict";
import type { SightlineEvent } from "../src/events/event.ts";
import { type Clip, frameNumber, numberedClip } from "./support/clips.ts";
import { type GreyPicture, greyPicture, greyPictures, probe } from "./support/grey_pictures.ts";
import { freePort } from "./support/free_port.ts";
import { poll } from "./support/poll.ts";
import { runSightline } from "./support/run_sightline.ts";
import { rtspReason, rtspServerMissing, startRtspServer } from "./support/with_rtsp_server.ts";
import { withFiles } from "./support/with_files.ts";

/** Tells the number that stands in each tenth picture, and wants a picture of it. */
const numbers = `
export default () => ({
  input: { width: 48, height: 16, channels: "gray" },
  preprocess({ data, width, height }) {
    let number = 0;
    for (let bar = 0; bar < 12; bar++) {
      const x = Math.floor((bar + 0.5) * width / 12);
      if (data[Math.floor(height / 2) * width + x] > 127) number |= 1 << bar;
    }
    return { number: { datatype: "INT32", shape: [1], data: Int32Array.of(number) } };
  },
  postprocess({ number: { data: [number] } }) {
    const event = { type: "tenth", number, snapshot: true };
    return { events: number % 10 === 3 ? [event] : [] };
  },
});`;

function argsOf(directory: string, port: number, more: readonly string[]): string[] {
  return [
    ...["--no_model", "--use_case", `${directory}/numbers.js`, "--isolation", "worker"],
    ...["--data_dir", `${directory}/data`, "--visualizer_port", String(port), ...more],
  ];
}

/** The newest events of a type that have a picture, as soon as there are so many. */
async function eventsWith(
  port: number,
  { type, count, has = "snapshot" }: {
    readonly type: string;
    readonly count: number;
    readonly has?: "snapshot" | "clip";
  },
): Promise<SightlineEvent[]> {
  let events: SightlineEvent[] = [];
  await poll(`${count} with a ${has}`, async () => {
    const query = `type=${type}&has=${has}`;
    const answer = await fetch(`http://127.0.0.1:${port}/api/events?${query}`).catch(() => null);
    events = (await answer?.json())?.events ?? [];
    return events.length >= count;
  }, 30_000);
  return events;
}

async function checkPictures(directory: string, port: number): Promise<void> {
  const events = await eventsWith(port, { type: "tenth", count: 4 });
  for (const { id, snapshot, data } of events) {
    equal(snapshot, true);
    const answer = await fetch(`http://127.0.0.1:${port}/api/events/${id}/snapshot.jpg`);
    equal(answer.status, 200);
    equal(answer.headers.get("content-type"), "image/jpeg");
    match(answer.headers.get("cache-control")!, /immutable/);
    const picture = await greyPicture(await answer.bytes());
    equal(frameNumber(picture.data, picture.width, picture.height, 1), data!["number"]);
  }
  const files = await Array.fromAsync(Deno.readDir(`${directory}/data/media`));
  ok(files.every(({ name }) => /^\d{4}-\d\d-\d\d$|^spool$/.test(name)));
}

const codecs: readonly { readonly name: string; readonly clip: () => Promise<Clip> }[] = [
  {
    name: "H.264",
    clip: () => numberedClip({ width: 640, height: 360, fps: 25, frames: 500 }),
  },
  {
    name: "H.264 with B-frames",
    clip: () =>
      numberedClip({ width: 640, height: 360, fps: 25, frames: 500, bFrames: 2, keyEvery: 40 }),
  },
  {
    name: "H.265",
    clip: () => numberedClip({ width: 640, height: 360, fps: 25, frames: 500, codec: "h265" }),
  },
  {
    name: "MJPEG",
    clip: () => numberedClip({ width: 640, height: 360, fps: 25, frames: 500, codec: "mjpeg" }),
  },
];

for (const { name, clip } of codecs) {
  Deno.test({
    name: `an event of a camera with ${name} has a picture of its very frame${rtspReason}`,
    ignore: rtspServerMissing,
    async fn() {
      await using camera = await startRtspServer({ clips: { live: await clip() } });
      await withFiles({ "numbers.js": numbers }, async (directory) => {
        const port = freePort();
        await using sightline = runSightline(
          argsOf(directory, port, ["--stream_url", camera.url("live")]),
        );
        await sightline.waitForLine(/Live view at/);
        await checkPictures(directory, port);
        const metrics = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
        match(metrics, /^sightline_event_pictures_total [1-9]/m);
        match(metrics, /^sightline_ring_bytes\{camera="default"\} [1-9]/m);
        equal(sightline.stderr.match(/no picture/g), null);
        sightline.signal("SIGTERM");
        equal((await sightline.result).code, 0);
      });
    },
  });
}

for (const codec of ["vp9", "av1", "mjpeg"] as const) {
  Deno.test(`an event of a source with ${codec} has picture and clip of its very frame`, async () => {
    const { file } = await numberedClip({ width: 320, height: 180, fps: 25, frames: 300, codec });
    await withFiles({ "numbers.js": numbers }, async (directory) => {
      const port = freePort();
      await using sightline = runSightline(argsOf(directory, port, [
        ...["--stream_url", file, "--fps", "25"],
        ...["--clips", JSON.stringify({ types: ["tenth"], before_s: 0.5, after_s: 0.5 })],
      ]));
      await sightline.waitForLine(/Live view at/);
      await checkPictures(directory, port);
      const [{ id, data }] = await eventsWith(port, { type: "tenth", count: 1, has: "clip" }) as [
        SightlineEvent,
      ];
      const answer = await fetch(`http://127.0.0.1:${port}/api/events/${id}/clip.mp4`);
      const bytes = await answer.bytes();
      const numbered = (await greyPictures(bytes))
        .map(({ data, width, height }) => frameNumber(data, width, height, 1));
      deepEqual(numbered, numbered.map((_, index) => numbered[0]! + index));
      ok(numbered.includes(Number(data!["number"])), `${numbered}`);
      await Deno.writeFile(`${directory}/clip.mp4`, bytes);
      const [[coded, level] = []] = await probe(
        `${directory}/clip.mp4`,
        "stream=codec_name,level",
      );
      // Encoded anew, for decoders that small pictures of any camera need.
      if (codec === "mjpeg") deepEqual([coded, level], ["h264", "13"]);
      equal(sightline.stderr.match(/no picture/g), null);
    });
  });
}

/** Finds the middle of each picture, which it makes white, and wants picture and clip of it. */
const hider = `
export default () => {
  let frames = 0;
  const box = { x: 0.25, y: 0.25, width: 0.5, height: 0.5 };
  const event = { type: "face", snapshot: true, clip: { before_s: 0.5, after_s: 0.5 } };
  return {
    input: { width: 48, height: 16, channels: "gray" },
    preprocess: () => ({ x: { datatype: "INT32", shape: [1], data: Int32Array.of(0) } }),
    postprocess: () => ({
      detections: [{ label: "face", labelId: 0, confidence: 0.9, box }],
      events: frames++ % 25 === 20 ? [event] : [],
    }),
    visualize({ data, width, height }, { detections: [{ box }] }) {
      for (let y = box.y * height; y < (box.y + box.height) * height; y++) {
        const from = (Math.floor(y) * width + Math.floor(box.x * width)) * 4;
        data.fill(255, from, from + Math.floor(box.width * width) * 4);
      }
    },
  };
};`;

/** Bars that are black in every second picture or more: without them it is white. */
function checkHidden({ data, width, height }: GreyPicture): void {
  const at = (x: number, y: number) =>
    data[Math.floor(y * height) * width + Math.floor(x * width)]!;
  // Without it, bars that are black: the pictures' numbers need nine of twelve.
  for (const x of [0.3, 0.4, 0.5, 0.6, 0.7]) {
    for (const y of [0.3, 0.5, 0.7]) ok(at(x, y) > 200, `${at(x, y)} at ${x}, ${y}`);
  }
  ok(at(0.95, 0.5) < 60, "and what it leaves alone is there");
}

Deno.test({
  name: `what a use case or a mask hides is hidden in pictures and clips of events${rtspReason}`,
  ignore: rtspServerMissing,
  async fn(t) {
    const clip = await numberedClip({ width: 640, height: 360, fps: 25, frames: 500 });
    await using camera = await startRtspServer({ clips: { live: clip }, sound: true });
    await withFiles({ "numbers.js": hider }, async (directory) => {
      const url = ["--stream_url", camera.url("live")];
      await t.step("by default there are no clips", async () => {
        const port = freePort();
        await using sightline = runSightline(argsOf(directory, port, url));
        await sightline.waitForLine(/Live view at/);
        for (const { id, clip } of await eventsWith(port, { type: "face", count: 2 })) {
          equal(clip, undefined);
          const answer = await fetch(`http://127.0.0.1:${port}/api/events/${id}/snapshot.jpg`);
          checkHidden(await greyPicture(await answer.bytes()));
        }
        match(sightline.stderr, /a part of default may have to be hidden/);
        sightline.signal("SIGTERM");
        await sightline.result;
      });
      await t.step(
        "if wished, clips are encoded anew, each picture drawn into, with sound",
        async () => {
          const port = freePort();
          const mask = { polygon: [[0, 0], [0.08, 0], [0.08, 1], [0, 1]], hide: true };
          await using sightline = runSightline(argsOf(directory, port, [
            ...url,
            ...[
              "--clips",
              JSON.stringify({ types: ["never"], hidden: "encode", hidden_height: 180 }),
            ],
            "--clip_audio",
            ...["--objects", JSON.stringify({ masks: [mask] })],
          ]));
          await sightline.waitForLine(/Live view at/);
          const [{ id }] = await eventsWith(port, { type: "face", count: 1, has: "clip" }) as [
            SightlineEvent,
          ];
          const answer = await fetch(`http://127.0.0.1:${port}/api/events/${id}/clip.mp4`);
          const bytes = await answer.bytes();
          const pictures = await greyPictures(bytes);
          ok(pictures.length >= 25, `${pictures.length} pictures`);
          await Deno.writeFile(`${directory}/clip.mp4`, bytes);
          const streams = await probe(
            `${directory}/clip.mp4`,
            "stream=codec_name,height,level,start_time,duration",
          );
          const [[, height, level, , seconds] = [], [sound, heardAt, heard] = []] = streams;
          deepEqual([height, sound], ["180", "aac"]);
          ok(Number(level) <= 13, `decoders have to be of level ${level}`);
          ok(Number(heardAt) < 0.3, `sound begins at ${heardAt} s`);
          ok(
            Math.abs(Number(heard) - Number(seconds)) < 0.4,
            `${heard} s of sound for ${seconds} s`,
          );
          for (const picture of pictures) {
            checkHidden(picture);
            // White in every second picture.
            const { data, width, height } = picture;
            ok(data[Math.floor(height / 2) * width + Math.floor(0.04 * width)]! < 60, "the mask");
          }
        },
      );
    });
  },
});
