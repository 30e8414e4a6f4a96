/** Clips of events by the real program: whole, from a key frame, at the right moment, with boxes. */

import { deepEqual, equal, match, ok } from "node:assert/strict";
import type { SightlineEvent } from "../src/events/event.ts";
import { frameNumber, numberedClip } from "./support/clips.ts";
import { freePort } from "./support/free_port.ts";
import { greyPicture, greyPictures, probe } from "./support/grey_pictures.ts";
import { poll } from "./support/poll.ts";
import { runSightline, sightlineResult } from "./support/run_sightline.ts";
import { chromiumMissing, withChromium } from "./support/with_chromium.ts";
import { firefoxMissing, withFirefox } from "./support/with_firefox.ts";
import { withFiles } from "./support/with_files.ts";
import { rtspReason, rtspServerMissing, startRtspServer } from "./support/with_rtsp_server.ts";

const fps = 25;

/**
 * A person is there in pictures 100 to 250, with the picture's number as label; picture 60 is told
 * with a clip of its own.
 */
const visitor = `
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
    const box = { x: 0.25, y: 0.25, width: 0.25, height: 0.5 };
    const label = String(number);
    return {
      detections: number >= 100 && number <= 250
        ? [{ label, labelId: 0, confidence: 0.9, box }]
        : [],
      events: number === 60 ? [{ type: "sixty", clip: { before_s: 1, after_s: 1 } }] : [],
    };
  },
});`;

const objects = { min_frames: 2, lost_after_ms: 400 };
const clips = { before_s: 1, after_s: 1 };

function argsOf(directory: string, port: number, url: string): string[] {
  return [
    ...["--no_model", "--use_case", `${directory}/visitor.js`, "--isolation", "worker"],
    ...["--data_dir", `${directory}/data`, "--visualizer_port", String(port)],
    ...["--objects", JSON.stringify(objects), "--clips", JSON.stringify(clips)],
    // Less than the visitor stays, so that most of the clip has to wait on the disk.
    ...["--ring_s", "2", "--stream_url", url],
  ];
}

async function eventWithClip(port: number, type: string): Promise<SightlineEvent> {
  let events: SightlineEvent[] = [];
  await poll(`a clip of ${type}`, async () => {
    const query = `type=${type}&has=clip`;
    const answer = await fetch(`http://127.0.0.1:${port}/api/events?${query}`).catch(() => null);
    events = (await answer?.json())?.events ?? [];
    return events.length > 0;
  }, 60_000);
  return events.at(-1)!;
}

interface BoxFrame {
  readonly ms: number;
  readonly boxes: readonly { readonly label: string; readonly track_id?: number }[];
}

/** Looks at a clip, whose pictures are numbered, from `from` to `to`; how many there are. */
async function checkClip(
  directory: string,
  address: string,
  { from, to, tag }: { readonly from: number; readonly to: number; readonly tag: string },
): Promise<number> {
  const bytes = await (await fetch(`${address}/clip.mp4`)).bytes();
  const path = `${directory}/clip.mp4`;
  await Deno.writeFile(path, bytes);
  const numbers = (await greyPictures(bytes)).map(({ data, width, height }) =>
    frameNumber(data, width, height, 1)
  );
  const first = numbers[0]!;
  ok(first <= from && first > from - fps, `begins at ${first}, a key frame or less before ${from}`);
  equal(first % fps, 0, "begins with a key frame");
  ok(Math.abs(numbers.at(-1)! - to) <= 1, `ends at ${numbers.at(-1)}, not ${to}`);
  deepEqual(numbers, numbers.map((_, index) => first + index), "no picture is missing");
  const [stream = []] = await probe(path, "stream=codec_tag_string,start_time,duration");
  const [codecTag, start, duration] = stream;
  equal(codecTag, tag);
  equal(Number(start), 0);
  ok(Math.abs(Number(duration) - numbers.length / fps) <= 1 / fps, `lasts ${duration} s`);
  const packets = await probe(path, "packet=pts_time,flags");
  match(packets[0]![1]!, /^K/);
  // Fast start: what is in it stands before the pictures.
  const text = new TextDecoder("latin1").decode(bytes);
  ok(text.indexOf("moov") < text.indexOf("mdat"));
  // Safari takes no pause before the first picture, and shows nothing but 8 bits of 4:2:0.
  deepEqual(editsIn(bytes), [{ ofMedia: 0, rate: 1 }]);
  equal((await probe(path, "stream=pix_fmt"))[0]![0], "yuv420p");
  const { frames } = await (await fetch(`${address}/boxes.json`)).json() as {
    readonly frames: readonly BoxFrame[];
  };
  ok(frames.length >= numbers.length * 0.8, `${frames.length} of ${numbers.length} frames`);
  for (const { ms, boxes } of frames) {
    const number = first + Math.round(ms * fps / 1000);
    const expected = number >= 100 && number <= 250 ? [String(number)] : [];
    deepEqual(boxes.map(({ label }) => label), expected, `at ${ms} ms`);
  }
  return numbers.length;
}

/** What a track shows of its pictures, and from when on: durations and times in ticks. */
function editsIn(bytes: Uint8Array): { readonly ofMedia: number; readonly rate: number }[] {
  const at = new TextDecoder("latin1").decode(bytes).indexOf("elst");
  if (at < 0) return [];
  const view = new DataView(bytes.buffer, bytes.byteOffset + at + 4);
  equal(view.getUint8(0), 0);
  return Array.from({ length: view.getUint32(4) }, (_, index) => ({
    ofMedia: view.getInt32(12 + index * 12),
    rate: view.getInt16(16 + index * 12),
  }));
}

/** The visitor's box is the second quarter of the picture's width, and the middle of its height. */
async function checkLooks(address: string): Promise<void> {
  const look = async (query: string) => {
    const answer = await fetch(`${address}/snapshot.jpg?${query}`);
    equal(answer.status, 200);
    const { data, width, height } = await greyPicture(await answer.bytes());
    const at = (x: number, y: number) =>
      data[Math.floor(y * height) * width + Math.floor(x * width)]!;
    return { width, height, at };
  };
  const plain = await look("");
  deepEqual([plain.width, plain.height], [640, 360]);
  // The green of a box is neither the black nor the white of the picture's bars.
  const isGreen = (grey: number) => grey > 130 && grey < 170;
  const boxed = await look("box=1");
  for (const [x, y] of [[0.252, 0.5], [0.498, 0.5], [0.375, 0.253], [0.375, 0.747]] as const) {
    ok(isGreen(boxed.at(x, y)) && !isGreen(plain.at(x, y)), `${boxed.at(x, y)} at ${x}, ${y}`);
  }
  for (const [x, y] of [[0.2, 0.5], [0.375, 0.5], [0.6, 0.5]] as const) {
    ok(Math.abs(boxed.at(x, y) - plain.at(x, y)) < 25, "inside and outside it is as it was");
  }
  // The box, and a quarter of its size more on each side.
  const cut = await look("crop=1");
  deepEqual([cut.width, cut.height], [240, 270]);
  for (const x of [0.2, 0.29, 0.37, 0.46, 0.54]) {
    const [inCut, inPlain] = [cut.at((x - 0.1875) / 0.375, 0.5), plain.at(x, 0.5)];
    ok(Math.abs(inCut - inPlain) < 25, `${inCut} and ${inPlain} at ${x}`);
  }
  const small = await look("crop=1&box=1&height=90");
  deepEqual([small.width, small.height], [80, 90]);
  ok(isGreen(small.at(0.17, 0.5)), `${small.at(0.17, 0.5)}`);
  const larger = await look("height=2000");
  equal(larger.height, 360, "no larger than it is");
}

async function checkRanges(address: string): Promise<void> {
  const url = `${address}/clip.mp4`;
  const whole = await fetch(url);
  equal(whole.headers.get("content-type"), "video/mp4");
  equal(whole.headers.get("accept-ranges"), "bytes");
  const bytes = await whole.bytes();
  const part = await fetch(url, { headers: { range: "bytes=100-199" } });
  equal(part.status, 206);
  equal(part.headers.get("content-range"), `bytes 100-199/${bytes.length}`);
  deepEqual(await part.bytes(), bytes.subarray(100, 200));
  const end = await fetch(url, { headers: { range: "bytes=-50" } });
  deepEqual(await end.bytes(), bytes.subarray(-50));
  const beyond = await fetch(url, { headers: { range: `bytes=${bytes.length}-` } });
  equal(beyond.status, 416);
  await beyond.body?.cancel();
}

/** In a page that a browser makes of a clip: plays from its beginning, and from a place in its middle. */
async function play() {
  // deno-lint-ignore no-explicit-any
  const video = (globalThis as any).document.querySelector("video");
  const until = (event: string) =>
    new Promise((resolve, reject) => {
      video.addEventListener(event, resolve, { once: true });
      video.addEventListener("error", () => reject(new Error(video.error.message)));
      setTimeout(() => reject(new Error(`no ${event} of ${JSON.stringify(video.error)}`)), 30_000);
    });
  video.muted = true;
  const moved = until("timeupdate");
  await video.play();
  await moved;
  const sought = until("seeked");
  video.currentTime = video.duration / 2;
  await sought;
  return {
    ...{ seconds: video.duration, width: video.videoWidth, at: video.currentTime },
    // From the beginning on, in one piece.
    from: video.seekable.start(0),
  };
}

function checkPlayed(
  { seconds, width, at, from }: Awaited<ReturnType<typeof play>>,
  pictures: number,
): void {
  deepEqual([width, from], [640, 0]);
  ok(Math.abs(seconds - pictures / fps) <= 1.5 / fps, `${seconds} s for ${pictures} pictures`);
  ok(Math.abs(at - seconds / 2) < 1, `${at} of ${seconds}`);
}

const players = [
  {
    name: "Chromium",
    // Debian's decodes H.265 with the help of hardware only.
    codecs: ["h264"],
    missing: chromiumMissing,
    async played(url: string) {
      let played: Awaited<ReturnType<typeof play>> | undefined;
      await withChromium(async (browser) => {
        const page = await browser.newPage();
        await page.goto(url);
        played = await page.evaluate(play);
      });
      return played!;
    },
  },
  {
    name: "Firefox",
    codecs: ["h264", "h265"],
    missing: firefoxMissing,
    async played(url: string) {
      let played: Awaited<ReturnType<typeof play>> | undefined;
      await withFirefox(async (page) => {
        await page.goto(url);
        played = await page.evaluate(play);
      });
      return played!;
    },
  },
] as const;

for (const codec of ["h264", "h265"] as const) {
  Deno.test({
    name: `${codec}: an event has a clip of before, during and after it, with boxes${rtspReason}`,
    ignore: rtspServerMissing,
    async fn(t) {
      const clip = await numberedClip({ width: 640, height: 360, fps, frames: 500, codec });
      await using camera = await startRtspServer({ clips: { live: clip } });
      await withFiles({ "visitor.js": visitor }, async (directory) => {
        const port = freePort();
        await using sightline = runSightline(argsOf(directory, port, camera.url("live")));
        await sightline.waitForLine(/Live view at/);
        const addressOf = ({ id }: SightlineEvent) => `http://127.0.0.1:${port}/api/events/${id}`;
        const tag = codec === "h264" ? "avc1" : "hvc1";
        const sixty = await eventWithClip(port, "sixty");
        deepEqual(sixty.clip, { before_s: 1, after_s: 1 });
        await checkClip(directory, addressOf(sixty), { from: 60 - fps, to: 60 + fps, tag });
        const ended = await eventWithClip(port, "object_ended");
        const visit = { from: 100 - fps, to: 250 + fps, tag };
        const pictures = await checkClip(directory, addressOf(ended), visit);
        const started = await eventWithClip(port, "object_started");
        equal(ended.started_id, started.id);
        await checkLooks(addressOf(started));
        await checkRanges(addressOf(started));
        const copied = await sightlineResult([
          ...["events", "clip", ended.id, "--data_dir", `${directory}/data`],
          ...["-o", `${directory}/copy.mp4`],
        ]);
        equal(copied.code, 0, copied.stderr);
        const { size } = await Deno.stat(`${directory}/copy.mp4`);
        equal(size, (await (await fetch(`${addressOf(started)}/clip.mp4`)).bytes()).length);
        for (const { name, codecs, missing, played } of players) {
          if (!(codecs as readonly string[]).includes(codec)) continue;
          await t.step({
            name: missing === null ? `${name} plays it` : `${name} (${missing})`,
            ignore: missing !== null,
            fn: async () => checkPlayed(await played(`${addressOf(ended)}/clip.mp4`), pictures),
          });
        }
        equal(sightline.stderr.match(/no picture/g), null);
        sightline.signal("SIGTERM");
        equal((await sightline.result).code, 0);
        const left = await Array.fromAsync(Deno.readDir(`${directory}/data/media`));
        ok(!left.some(({ name }) => name === "spool"), "nothing is left of what was on its way");
      });
    },
  });
}

Deno.test({
  name:
    `clips have the camera's sound if wished; one that a kill cut off is finished at the next start${rtspReason}`,
  ignore: rtspServerMissing,
  async fn(t) {
    const clip = await numberedClip({ width: 640, height: 360, fps, frames: 500, codec: "h264" });
    await using camera = await startRtspServer({ clips: { live: clip }, sound: true });
    await withFiles({ "visitor.js": visitor }, async (directory) => {
      const port = freePort();
      const args = [...argsOf(directory, port, camera.url("live")), "--clip_audio"];
      const addressOf = (id: string) => `http://127.0.0.1:${port}/api/events/${id}/clip.mp4`;
      let cutOff = "";
      await t.step("G.711 becomes AAC, which browsers play", async () => {
        await using sightline = runSightline(args);
        await sightline.waitForLine(/Live view at/);
        const { id } = await eventWithClip(port, "sixty");
        await checkSound(`${directory}/clip.mp4`, addressOf(id));
        const started = await eventOf(port, "object_started");
        equal((await fetch(addressOf(started.id))).status, 404, "it goes on");
        cutOff = started.id;
        await new Promise((resolve) =>
          setTimeout(resolve, Date.parse(started.at) + 2500 - Date.now())
        );
        sightline.signal("SIGKILL");
        await sightline.result;
      });
      await t.step(
        "what a kill cut off is finished, of what came before it, for both events",
        async () => {
          await using sightline = runSightline(args);
          await sightline.waitForLine(/Live view at/);
          const ended = await eventOf(port, "object_ended");
          deepEqual([ended.started_id, ended.reason], [cutOff, "restart"]);
          for (const id of [cutOff, ended.id]) {
            await poll(`the clip of ${id}`, async () => {
              const answer = await fetch(addressOf(id));
              const isThere = answer.status === 200;
              // Until then it is not said that there will be none.
              if (!isThere) equal(answer.status, 404);
              await answer.body?.cancel();
              return isThere;
            });
          }
          const bytes = await (await fetch(addressOf(cutOff))).bytes();
          deepEqual(await (await fetch(addressOf(ended.id))).bytes(), bytes, "the end has it too");
          await checkSound(`${directory}/clip.mp4`, addressOf(cutOff));
          const numbers = (await greyPictures(bytes)).map(({ data, width, height }) =>
            frameNumber(data, width, height, 1)
          );
          const first = numbers[0]!;
          ok(first <= 100 - fps && first % fps === 0, `begins at ${first}`);
          deepEqual(numbers, numbers.map((_, index) => first + index), "no picture is missing");
          // It was killed more than two seconds after the visitor came; half a second may be missing.
          ok(numbers.at(-1)! >= 100 + 1.5 * fps, `ends at ${numbers.at(-1)}`);
          const { frames } =
            await (await fetch(addressOf(cutOff).replace("clip.mp4", "boxes.json")))
              .json() as { readonly frames: readonly BoxFrame[] };
          for (const { ms, boxes } of frames) {
            const number = first + Math.round(ms * fps / 1000);
            deepEqual(boxes.map(({ label }) => label), number >= 100 ? [String(number)] : []);
          }
          ok(frames.some(({ boxes }) => boxes.length > 0), "with boxes");
          await poll("no spool of the killed", async () => {
            const spools = await Array.fromAsync(Deno.readDir(`${directory}/data/media/spool`))
              .catch(() => []);
            return spools.length <= 1;
          });
        },
      );
    });
  },
});

async function eventOf(port: number, type: string): Promise<SightlineEvent> {
  const found: SightlineEvent[] = [];
  await poll(type, async () => {
    const answer = await fetch(`http://127.0.0.1:${port}/api/events?type=${type}`);
    found.push(...(await answer.json()).events);
    return found.length > 0;
  }, 30_000);
  return found[0]!;
}

async function checkSound(path: string, address: string): Promise<void> {
  await Deno.writeFile(path, await (await fetch(address)).bytes());
  const [video, audio] = await probe(path, "stream=codec_name,sample_rate,start_time,duration") as [
    string[],
    string[],
  ];
  equal(video[0], "h264");
  deepEqual(audio.slice(0, 2), ["aac", "8000"]);
  ok(Math.abs(Number(audio[2])) < 0.3, `begins at ${audio[2]} s`);
  ok(Math.abs(Number(audio[3]) - Number(video.at(-1))) < 0.5, `${audio[3]} s`);
  const { stderr } = await new Deno.Command("ffmpeg", {
    args: ["-nostdin", "-i", path, "-map", "0:a", "-af", "volumedetect", "-f", "null", "-"],
  }).output();
  const loudness = /max_volume: (-?[\d.]+) dB/.exec(new TextDecoder().decode(stderr));
  ok(Number(loudness?.[1]) > -20, "the tone is in it");
}
