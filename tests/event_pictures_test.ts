/** Pictures of events by the real program, with real cameras: the very frame, kept and found again. */

import { equal, match, ok } from "node:assert/strict";
import type { SightlineEvent } from "../src/events/event.ts";
import { type Clip, frameNumber, numberedClip } from "./support/clips.ts";
import { greyPicture } from "./support/grey_pictures.ts";
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
  { type, count }: { readonly type: string; readonly count: number },
): Promise<SightlineEvent[]> {
  let events: SightlineEvent[] = [];
  await poll(`${count} pictures`, async () => {
    const query = `type=${type}&has=snapshot`;
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
  ok(files.every(({ name }) => /^\d{4}-\d\d-\d\d$/.test(name)));
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

/** Finds the middle of each picture, which it makes white, and wants picture and clip of it. */
const hider = `
export default () => {
  let frames = 0;
  const box = { x: 0.25, y: 0.25, width: 0.5, height: 0.5 };
  return {
    input: { width: 48, height: 16, channels: "gray" },
    preprocess: () => ({ x: { datatype: "INT32", shape: [1], data: Int32Array.of(0) } }),
    postprocess: () => ({
      detections: [{ label: "face", labelId: 0, confidence: 0.9, box }],
      events: frames++ % 25 === 20 ? [{ type: "face", snapshot: true, clip: true }] : [],
    }),
    visualize({ data, width, height }, { detections: [{ box }] }) {
      for (let y = box.y * height; y < (box.y + box.height) * height; y++) {
        const from = (Math.floor(y) * width + Math.floor(box.x * width)) * 4;
        data.fill(255, from, from + Math.floor(box.width * width) * 4);
      }
    },
  };
};`;

Deno.test({
  name: `what a use case hides is hidden in the pictures of events, and has no clip${rtspReason}`,
  ignore: rtspServerMissing,
  async fn() {
    const clip = await numberedClip({ width: 640, height: 360, fps: 25, frames: 500 });
    await using camera = await startRtspServer({ clips: { live: clip } });
    await withFiles({ "numbers.js": hider }, async (directory) => {
      const port = freePort();
      await using sightline = runSightline(
        argsOf(directory, port, ["--stream_url", camera.url("live")]),
      );
      await sightline.waitForLine(/Live view at/);
      for (const { id, clip } of await eventsWith(port, { type: "face", count: 2 })) {
        equal(clip, undefined);
        const answer = await fetch(`http://127.0.0.1:${port}/api/events/${id}/snapshot.jpg`);
        const { data, width, height } = await greyPicture(await answer.bytes());
        const at = (x: number, y: number) =>
          data[Math.floor(y * height) * width + Math.floor(x * width)]!;
        // Without it, bars that are black: the pictures' numbers need nine of twelve.
        for (const x of [0.3, 0.4, 0.5, 0.6, 0.7]) {
          for (const y of [0.3, 0.5, 0.7]) ok(at(x, y) > 200, `${at(x, y)} at ${x}, ${y}`);
        }
        ok(at(0.95, 0.5) < 60, "and what it leaves alone is there");
      }
      match(sightline.stderr, /the use case of default may hide a part of it/);
    });
  },
});
