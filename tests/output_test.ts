/** Pictures that go out, with real cameras, takers and files. */

import assert from "node:assert/strict";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { freePort } from "./support/free_port.ts";
import { frameNumber } from "./support/clips.ts";
import { decodeFile, packetSums, splitPictures } from "./support/decoded.ts";
import { probe } from "./support/grey_pictures.ts";
import {
  clipOf,
  common,
  misplaced,
  numberOf,
  showsClear,
  size,
  tempDir,
  useCase,
} from "./support/output_fixture.ts";
import { poll } from "./support/poll.ts";
import { runSightline, sightlineResult } from "./support/run_sightline.ts";
import { places } from "./support/shifting_box_use_case.ts";
import { chromiumMissing, withChromium } from "./support/with_chromium.ts";
import {
  rtspReason,
  rtspServerMissing,
  startRtspRecorder,
  startRtspServer,
} from "./support/with_rtsp_server.ts";

Deno.test({
  name: `a camera's packets go to files, HLS and RTSP at once as they are${rtspReason}`,
  ignore: rtspServerMissing,
  fn: async () => {
    await using folder = await tempDir();
    const clip = await clipOf({ frames: 100 });
    await using camera = await startRtspServer({ clips: { door: clip } });
    const port = freePort();
    const taken = join(folder.path, "taken.mkv");
    const taker = startTaker(port, taken);
    await using sightline = runSightline([
      ...["--stream_url", camera.url("door"), ...common],
      ...["--output", `file:${join(folder.path, "%N-%H%M%S.mp4")}`],
      ...["--output", `hls:${join(folder.path, "5%s", "%N")}`],
      ...["--output", `rtsp://127.0.0.1:${port}/live`],
      ...["--limit_frames", "150"],
    ]);
    const { code, stderr } = await sightline.result;
    assert.equal(code, 0, stderr);
    await taker.ended;
    const sent = new Set(await packetSums(clip.file));
    const names = (await readdir(folder.path)).filter((name) => /^default-\d{6}\.mp4$/.test(name));
    for (const path of [join(folder.path, names[0]!), taken]) {
      const packets = await packetSums(path);
      assert.ok(packets.length > 100, `${path}: ${packets.length} packets`);
      assert.deepEqual(packets.filter((sum) => !sent.has(sum)), [], path);
    }
    // With the last picture, which the container has no time for.
    const recording = join(folder.path, names[0]!);
    const [[seconds] = []] = await probe(recording, "format=duration");
    assert.equal(Math.round(Number(seconds) * 25), (await packetSums(recording)).length);
    const hls = join(folder.path, "5%s", "default");
    const playlist = await Deno.readTextFile(join(hls, "index.m3u8"));
    const segments = playlist.match(/^segment-\d+\.ts$/gm) ?? [];
    assert.ok(segments.length >= 2 && segments.length <= 6, playlist);
    assert.equal(await countPictures(join(hls, segments[0]!)) % 10, 0);
  },
});

Deno.test({
  name: `a taker that is away costs no frame, and is reached again; boxes stand right${rtspReason}`,
  ignore: rtspServerMissing,
  fn: async () => {
    await using folder = await tempDir();
    const clip = await clipOf({ frames: 100 });
    await using camera = await startRtspServer({ clips: { door: clip } });
    const port = freePort();
    const records = join(folder.path, "records.jsonl");
    const boxed = join(folder.path, "boxed.mp4");
    await using sightline = runSightline([
      ...["--stream_url", camera.url("door"), ...common, "--output_boxes", "--benchmark"],
      ...["--output", `rtsp://127.0.0.1:${port}/live`, "--output", `file:${boxed}`],
      ...["--sink", `jsonl:${records}`],
    ]);
    await sightline.waitForLine(
      /Output rtsp:\/\/127\.0\.0\.1:\d+\/live is away: .*Connection refused/,
    );
    await using first = startTaker(port, join(folder.path, "first.mkv"));
    await sightline.waitForLine(/Output rtsp:.* is back after \d+ s/);
    first.kill();
    await first.ended;
    const lines = () => sightline.stderr.match(/is away/g)?.length ?? 0;
    await poll("its end was seen", () => lines() >= 2);
    await using _second = startTaker(port, join(folder.path, "second.mkv"));
    await poll("it is reached again", () => (sightline.stderr.match(/is back/g) ?? []).length >= 2);
    sightline.signal("SIGTERM");
    const { code, stdout } = await sightline.result;
    assert.equal(code, 0);
    const { frames } = JSON.parse(stdout);
    const dropped = Object.values(frames.dropped as Record<string, number>)
      .reduce((sum, count) => sum + count, 0);
    assert.equal(frames.received, frames.processed + dropped + frames.in_flight);
    const pictures = await decodeFile(boxed, size);
    assert.ok(pictures.length > 30, `${pictures.length} pictures`);
    // What a busy machine dropped has no result of its own.
    assert.deepEqual(misplaced(pictures).slice(dropped), []);
  },
});

Deno.test({
  name: `GStreamer's RTSP server takes packets, and boxes on their own pictures${rtspReason}`,
  ignore: rtspServerMissing,
  fn: async () => {
    await using folder = await tempDir();
    const clip = await clipOf({ frames: 100 });
    await using camera = await startRtspServer({ clips: { door: clip } });
    const [clear, boxed] = ["clear", "boxed"].map((name) => join(folder.path, `${name}.rgb`));
    await using plain = await startRtspRecorder(size, clear!);
    await using drawn = await startRtspRecorder(size, boxed!);
    const config = join(folder.path, "sightline.yaml");
    const output = [plain.url, { rtsp: { url: drawn.url, boxes: true } }];
    const door = { stream_url: camera.url("door"), no_model: true, use_case: useCase, output };
    await Deno.writeTextFile(
      config,
      JSON.stringify({ limit_frames: 150, streams: { door: { ...door, isolation: "worker" } } }),
    );
    const { code, stderr } = await sightlineResult(["run", "--config", config, "--benchmark"]);
    assert.equal(code, 0, stderr);
    for (const path of [clear!, boxed!]) {
      const pictures = splitPictures(await Deno.readFile(path), size);
      const numbers = pictures.map(({ data }) => frameNumber(data, size.width, size.height, 3));
      assert.ok(numbers.length >= 100, `${path}: ${numbers.length} pictures\n${stderr}`);
      const gaps = numbers.slice(1).filter((number, at) => number !== (numbers[at]! + 1) % 100);
      // A busy machine may leave a picture out where boxes are drawn.
      assert.ok(gaps.length <= (path === boxed ? 5 : 0), `${path}: ${numbers}`);
      const wrong = misplaced(pictures).length;
      if (path === boxed) assert.ok(wrong <= 5, `${wrong} boxes stand elsewhere`);
      else assert.equal(wrong, pictures.length, "there is none in packets");
    }
  },
});

Deno.test({
  name: `Chromium reads of each picture of a recording what was found in it${rtspReason}`,
  ignore: rtspServerMissing || chromiumMissing !== null,
  fn: async () => {
    await using folder = await tempDir();
    const clip = await clipOf({ frames: 100, bFrames: 2 });
    await using camera = await startRtspServer({ clips: { door: clip } });
    const config = join(folder.path, "sightline.yaml");
    await Deno.writeTextFile(
      config,
      JSON.stringify({
        limit_frames: 120,
        streams: {
          door: {
            ...{ stream_url: camera.url("door"), no_model: true, use_case: useCase },
            ...{ isolation: "worker" },
            output: [{
              file: { path: join(folder.path, "%N.mp4"), vtt: true, rotate_s: 2 },
            }],
          },
        },
      }),
    );
    const { code, stderr } = await sightlineResult(["run", "--config", config]);
    assert.equal(code, 0, stderr);
    const names = (await readdir(folder.path)).sort();
    assert.ok(names.includes("door-2.mp4") && names.includes("door-2.vtt"), `${names}`);
    for (const name of ["door", "door-2"]) {
      const shown = await playInChromium(folder.path, name);
      assert.ok(shown.length >= 20, `${name}: ${shown.length} pictures`);
      const wrong = shown.filter(({ number, place }) => place !== number % places);
      // A busy machine may have dropped a few, which show what was found a moment before.
      assert.ok(wrong.length <= 2, `${name}: ${JSON.stringify(wrong)}`);
    }
  },
});

interface Shown {
  readonly number: number;
  /** Where the box of its cue stands; null when it has none. */
  readonly place: number | null;
}

/** Plays a recording with what was found beside it, and looks at the pictures on the screen. */
async function playInChromium(folder: string, name: string): Promise<Shown[]> {
  await using server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    async (request) => {
      const { pathname } = new URL(request.url);
      if (pathname !== "/") {
        const file = await Deno.readFile(join(folder, pathname)).catch(() => null);
        return new Response(file, { status: file === null ? 404 : 200 });
      }
      const track = `<track kind="metadata" default src="/${name}.vtt">`;
      const html = `<video muted src="/${name}.mp4">${track}</video>`;
      return new Response(html, { headers: { "content-type": "text/html" } });
    },
  );
  const seen: Shown[] = [];
  await withChromium(async (browser) => {
    const page = await browser.newPage();
    await page.goto(`http://127.0.0.1:${server.addr.port}/`);
    const pictures = await page.evaluate(watchTrack);
    for (const { row, x } of pictures) {
      const number = frameNumber(new Uint8Array(row), size.width, 1, 1);
      seen.push({ number, place: x === null ? null : Math.round(x * places) });
    }
  });
  return seen;
}

/** Runs in the page: of each picture shown the middle row, and the box of the cue at its time. */
async function watchTrack(): Promise<{ row: number[]; x: number | null }[]> {
  // deno-lint-ignore no-explicit-any -- the browser's globals are not Deno's
  const { document } = globalThis as any;
  const video = document.querySelector("video");
  const [track] = video.textTracks;
  track.mode = "hidden";
  const canvas = document.createElement("canvas");
  const pictures: { row: number[]; x: number | null }[] = [];
  const onPicture = (_now: number, { mediaTime }: { mediaTime: number }) => {
    const { videoWidth: width, videoHeight: height } = video;
    Object.assign(canvas, { width, height: 1 });
    const context = canvas.getContext("2d");
    context.drawImage(video, 0, Math.floor(height / 2), width, 1, 0, 0, width, 1);
    const { data } = context.getImageData(0, 0, width, 1);
    // deno-lint-ignore no-explicit-any -- as above
    const cue = [...track.cues].find(({ startTime, endTime }: any) =>
      startTime <= mediaTime + 1e-6 && mediaTime < endTime
    );
    const found = cue && JSON.parse(cue.text);
    pictures.push({
      row: Array.from({ length: width }, (_, at) => data[at * 4]),
      x: found?.boxes[0].box.x ?? null,
    });
    video.requestVideoFrameCallback(onPicture);
  };
  video.requestVideoFrameCallback(onPicture);
  const ended = new Promise((resolve) => video.addEventListener("ended", resolve));
  await video.play();
  await ended;
  return pictures;
}

Deno.test({
  name: `what is hidden is hidden in all that goes out; files are whole after a kill${rtspReason}`,
  ignore: rtspServerMissing,
  fn: async () => {
    await using folder = await tempDir();
    const clip = await clipOf({ frames: 100 });
    await using camera = await startRtspServer({ clips: { door: clip } });
    const clear = join(folder.path, "clear.mp4");
    const boxed = join(folder.path, "boxed-%H%M%S.mp4");
    const config = join(folder.path, "sightline.yaml");
    const options = JSON.stringify({ hides: true });
    await Deno.writeTextFile(
      config,
      JSON.stringify({
        streams: {
          door: {
            ...{ stream_url: camera.url("door"), no_model: true, use_case: useCase },
            ...{ isolation: "worker", use_case_options: JSON.parse(options) },
            output: [`file:${clear}`, { file: { path: boxed, boxes: true, rotate_s: 1 } }],
          },
        },
      }),
    );
    await using sightline = runSightline(["--config", config]);
    await sightline.waitForLine(/Outputs without boxes get nothing: door draws into the picture/);
    const files = async () =>
      (await readdir(folder.path)).filter((name) => name.startsWith("boxed")).sort();
    await poll("a fourth file", async () => (await files()).length >= 4);
    sightline.signal("SIGKILL");
    await sightline.result;
    await assert.rejects(Deno.stat(clear), Deno.errors.NotFound);
    for (const name of (await files()).slice(0, 3)) {
      const pictures = await decodeFile(join(folder.path, name), size);
      assert.deepEqual(pictures.flatMap(showsClear), [], name);
      assert.ok(pictures.length >= 10, `${name}: ${pictures.length} pictures`);
    }
  },
});

Deno.test({
  name: `what begins to hide is seen by no picture that goes out after it${rtspReason}`,
  ignore: rtspServerMissing,
  fn: async () => {
    await using folder = await tempDir();
    const clip = await clipOf({ frames: 100 });
    await using camera = await startRtspServer({ clips: { door: clip } });
    const config = join(folder.path, "sightline.yaml");
    const write = (hiding: object) =>
      Deno.writeTextFile(
        config,
        JSON.stringify({
          use_cases: {
            boxes: { use_case: useCase, isolation: "worker" },
            hiding: { use_case: useCase, isolation: "worker", use_case_options: { hides: true } },
          },
          streams: {
            door: {
              ...{ stream_url: camera.url("door"), no_model: true, output_boxes: true },
              ...{ output: [`file:${join(folder.path, "boxed.mp4")}`], ...hiding },
            },
          },
        }),
      );
    const boxes = { use_case: "boxes" };
    await write({ use_cases: [boxes] });
    await using sightline = runSightline(["--config", config]);
    // A second file for the camera's second run.
    const pictures = async () => {
      const files = ["boxed.mp4", "boxed-2.mp4"].map((name) =>
        decodeFile(join(folder.path, name), size).catch(() => [])
      );
      return (await Promise.all(files)).flat();
    };
    await poll("pictures of boxes", async () => (await pictures()).length >= 20, 60_000);
    await write({ use_cases: [boxes, { use_case: "hiding" }] });
    /** Of each picture that has bars; number 0 has none. */
    const isClear = async () =>
      (await pictures()).flatMap((picture) => {
        const number = numberOf(picture);
        return number === 0 ? [] : [showsClear(picture, 0).length > 0];
      });
    const hidden = async () => (await isClear()).filter((each) => !each).length;
    await poll("pictures that are hidden", async () => await hidden() >= 20, 60_000);
    sightline.signal("SIGTERM");
    await sightline.result;
    const seen = await isClear();
    assert.ok(seen.lastIndexOf(true) < seen.indexOf(false), `${seen}`);
  },
});

/** An RTSP server that takes what one pushes, and writes it down as it is. */
function startTaker(port: number, path: string) {
  const child = new Deno.Command("ffmpeg", {
    args: [
      ...["-v", "error", "-nostdin", "-rtsp_flags", "listen", "-listen_timeout", "60", "-i"],
      ...[`rtsp://127.0.0.1:${port}/live`, "-c", "copy", "-y", path],
    ],
    stderr: "null",
  }).spawn();
  let isOver = false;
  const ended = child.status.then(() => void (isOver = true));
  const kill = () => {
    if (!isOver) child.kill("SIGKILL");
  };
  return {
    ended,
    kill,
    async [Symbol.asyncDispose]() {
      kill();
      await ended;
    },
  };
}

async function countPictures(path: string): Promise<number> {
  return (await packetSums(path)).length;
}
