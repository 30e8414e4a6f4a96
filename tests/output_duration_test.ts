/** How long a recording says that it is: to its container, its stream and a browser. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { numberedClip } from "./support/clips.ts";
import { decodeFile } from "./support/decoded.ts";
import { probe } from "./support/grey_pictures.ts";
import { sightlineResult } from "./support/run_sightline.ts";
import { chromiumMissing, withChromium } from "./support/with_chromium.ts";
import { withFiles } from "./support/with_files.ts";

const size = { width: 320, height: 180 };
const clipOf = (more: { frames: number; bFrames: number; codec?: "h265" }) =>
  numberedClip({ ...size, fps: 25, keyEvery: 10, ...more });

/** Seconds by the stream and by the container, which begin at 0. */
async function saidOf(path: string): Promise<number[]> {
  const entries = "stream=start_time,duration:format=start_time,duration";
  const said = (await probe(path, entries)).map((row) => row.map(Number));
  assert.deepEqual(said.map(([start]) => start), [0, 0], path);
  return said.map(([, duration]) => duration!);
}

/** Seconds as a page is told them, and when the last picture that it shows is due. */
async function shownOf(path: string): Promise<readonly [number, number]> {
  const bytes = await Deno.readFile(path);
  await using server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, (request) => {
    if (new URL(request.url).pathname === "/") {
      const headers = { "content-type": "text/html" };
      return new Response("<video muted src=/video.mp4></video>", { headers });
    }
    // As every web server does: browsers look at the end of a file for its length.
    const [, from = "0", to] = /bytes=(\d+)-(\d*)/.exec(request.headers.get("range") ?? "") ?? [];
    const part = bytes.subarray(Number(from), to ? Number(to) + 1 : undefined);
    const range = `bytes ${from}-${Number(from) + part.length - 1}/${bytes.length}`;
    const headers = { "content-type": "video/mp4", "content-range": range };
    return new Response(part, { status: 206, headers });
  });
  let shown: readonly [number, number] = [0, 0];
  await withChromium(async (browser) => {
    const page = await browser.newPage();
    await page.goto(`http://127.0.0.1:${server.addr.port}/`);
    shown = await page.evaluate(play);
  });
  return shown;
}

/** Runs in the page. */
async function play(): Promise<readonly [number, number]> {
  // deno-lint-ignore no-explicit-any -- the browser's globals are not Deno's
  const { document } = globalThis as any;
  const video = document.querySelector("video");
  let last = 0;
  const onPicture = (_now: number, { mediaTime }: { mediaTime: number }) => {
    last = mediaTime;
    video.requestVideoFrameCallback(onPicture);
  };
  video.requestVideoFrameCallback(onPicture);
  const ended = new Promise((resolve) => video.addEventListener("ended", resolve));
  // Of a still picture the end comes first.
  await video.play().catch(() => {});
  await ended;
  return [video.duration, last];
}

for (const codec of ["h264", "h265"] as const) {
  Deno.test(`a recording of ${codec} with B-frames is as long as its pictures are shown`, async () => {
    const clip = await clipOf({ frames: 75, bFrames: 3, ...codec === "h265" && { codec } });
    await withFiles({}, async (folder) => {
      const output = `file:${join(folder, "out.mp4")}`;
      const { code, stderr } = await sightlineResult(
        ["--stream_url", clip.file, "--no_model", "--output", output],
      );
      assert.equal(code, 0, stderr);
      assert.deepEqual(await saidOf(join(folder, "out.mp4")), [3, 3]);
      // Debian's Chromium has no H.265.
      if (chromiumMissing !== null || codec === "h265") return;
      const [seconds, last] = await shownOf(join(folder, "out.mp4"));
      assert.equal(seconds, 3);
      assert.ok(last > 2.95, `the last picture shown is that at ${last} s`);
    });
  });
}

Deno.test("files that an open group begins hold no picture that needs the file before", async () => {
  const clip = await clipOf({ frames: 75, bFrames: 3, codec: "h265" });
  await withFiles({}, async (folder) => {
    const path = join(folder, "%N.mp4");
    const door = { stream_url: clip.file, no_model: true, output: { file: { path, rotate_s: 1 } } };
    const config = join(folder, "sightline.yaml");
    await Deno.writeTextFile(config, JSON.stringify({ streams: { door } }));
    const { code, stderr } = await sightlineResult(["--config", config]);
    assert.equal(code, 0, stderr);
    for (const name of ["door.mp4", "door-2.mp4", "door-3.mp4"]) {
      const file = join(folder, name);
      const packets = (await probe(file, "packet=pts_time")).length;
      const pictures = await decodeFile(file, size);
      assert.equal(pictures.length, packets, name);
      const [seconds] = await saidOf(file);
      assert.equal(seconds, packets / 25, name);
    }
  });
});

Deno.test("a still picture lasts, as does a clip of two that stand far apart", async () => {
  await withFiles({}, async (folder) => {
    const still = join(folder, "still.jpg");
    const two = join(folder, "two.mkv");
    const drawn = ["-v", "error", "-f", "lavfi", "-i", "testsrc=s=320x180:r=0.5:d=4"];
    await new Deno.Command("ffmpeg", { args: [...drawn, "-frames:v", "1", still] }).output();
    await new Deno.Command("ffmpeg", { args: [...drawn, "-c:v", "mjpeg", two] }).output();
    for (const [clip, seconds] of [[still, 0.04], [two, 4]] as const) {
      const out = join(folder, "drawn.mp4");
      const packed = join(folder, "packed.mp4");
      for (
        const args of [
          ["annotate", clip, "-y", "-o", out, "--no_model"],
          ["--stream_url", clip, "--no_model", "--output", `file:${packed}`],
        ]
      ) {
        const { code, stderr } = await sightlineResult(args);
        assert.equal(code, 0, stderr);
      }
      assert.deepEqual(await saidOf(out), [seconds, seconds], clip);
      assert.deepEqual(await saidOf(packed), [seconds, seconds], clip);
      await Deno.remove(packed);
      if (chromiumMissing === null) assert.equal((await shownOf(out))[0], seconds);
    }
  });
});
