/** RTMP, SRT, UDP and RTP: cameras, and what pushes. */

import assert from "node:assert/strict";
import { frameNumber, numberedClip } from "./support/clips.ts";
import { freePort } from "./support/free_port.ts";
import { sourceFailure, takeFrames, type TestSource } from "./support/with_source.ts";

const clip = { width: 240, height: 160, fps: 25, frames: 100, keyEvery: 10 };

/** Another ffmpeg that sends the clip, again and again until it is disposed of. */
async function sending(...output: string[]): Promise<AsyncDisposable> {
  const { file } = await numberedClip(clip);
  const args = ["-v", "error", "-nostdin", "-re", "-stream_loop", "-1", "-i", file, "-c", "copy"];
  let child: Deno.ChildProcess | null = null;
  let over = false;
  const done = (async () => {
    while (!over) {
      const command = { args: [...args, ...output], stdin: "null" as const };
      child = new Deno.Command("ffmpeg", { ...command, stderr: "null" }).spawn();
      await child.status;
      if (!over) await new Promise((resolve) => setTimeout(resolve, 200));
    }
  })();
  return {
    async [Symbol.asyncDispose]() {
      over = true;
      try {
        // A static build that sends over UDP hears nothing gentler.
        child?.kill("SIGKILL");
      } catch {
        // It has ended, and another is not begun.
      }
      await done;
    },
  };
}

async function assertRead(source: TestSource): Promise<void> {
  const frames = await takeFrames({ stallTimeoutMs: 20_000, ...source }, 30);
  const numbers = frames.map(({ data, width, height }) => frameNumber(data, width, height, 1));
  assert.deepEqual(numbers, numbers.map((_, index) => (numbers[0]! + index) % clip.frames));
  // What came while ffmpeg looked for what it is, a second of it, was taken as it was stamped.
  const offsets = frames.map(({ capturedAtMs, ptsMs }) => capturedAtMs - ptsMs);
  assert.ok(Math.max(...offsets) - Math.min(...offsets) < 400, `${offsets}`);
}

Deno.test("rtmp: a stream is pushed, as OBS does", async () => {
  const url = `rtmp://127.0.0.1:${freePort()}/live/key`;
  await using _sender = await sending("-f", "flv", url);
  // A wait for them is no error, however long.
  await assertRead({ url, rtspListen: true, stallTimeoutMs: 2000 });
});

Deno.test("rtmp: a server is asked", async () => {
  const url = `rtmp://127.0.0.1:${freePort()}/live/key`;
  await using _sender = await sending("-f", "flv", "-listen", "1", "-timeout", "60", url);
  for (let attempt = 0;; attempt++) {
    try {
      return await assertRead({ url });
    } catch (error) {
      // It does not listen yet.
      if (attempt === 20 || !/refused/.test(String(error))) throw error;
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }
});

for (const rtspListen of [true, false]) {
  Deno.test(`srt: a peer ${rtspListen ? "pushes" : "is asked"}`, async () => {
    const url = `srt://127.0.0.1:${freePort()}`;
    const mode = rtspListen ? "caller" : "listener";
    await using _sender = await sending("-f", "mpegts", `${url}?mode=${mode}`);
    await assertRead({ url, rtspListen });
  });
}

Deno.test("udp: a transport stream comes; where none does, it is said so", async () => {
  const port = freePort();
  const url = `udp://127.0.0.1:${port}`;
  const error = await sourceFailure({ url, stallTimeoutMs: 1000 });
  assert.equal(error.message, `Cannot read ${url}: nothing came within 1000 ms`);
  await using _sender = await sending("-f", "mpegts", `${url}?pkt_size=1316`);
  await assertRead({ url });
});

Deno.test("a description of RTP in a file: what it names is listened for", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const port = freePort() & ~1;
    const url = `${folder}/camera.sdp`;
    const description = [
      ...["v=0", "o=- 0 0 IN IP4 127.0.0.1", "s=camera", "c=IN IP4 127.0.0.1", "t=0 0"],
      ...[`m=video ${port} RTP/AVP 96`, "a=rtpmap:96 H264/90000"],
      "a=fmtp:96 packetization-mode=1",
    ];
    await Deno.writeTextFile(url, `${description.join("\n")}\n`);
    const bitstream = ["-bsf:v", "h264_mp4toannexb"];
    await using _sender = await sending(...bitstream, "-f", "rtp", `rtp://127.0.0.1:${port}`);
    await assertRead({ url });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
