/** Cameras that are there and give nothing: what is said of them. */

import assert from "node:assert/strict";
import { numberedClip } from "./support/clips.ts";
import { describe, encode, scriptedCamera, serve } from "./support/scripted_camera.ts";
import { sourceFailure } from "./support/with_source.ts";

const video = (encoding: string) => `m=video 0 RTP/AVP 96\r\na=rtpmap:96 ${encoding}/90000\r\n`;

Deno.test("a camera with an unknown codec", async () => {
  await using camera = scriptedCamera(async (_connection, { method, answer }) => {
    if (method === "DESCRIBE") await answer(...describe(video("FOO")));
  });
  const url = `rtsp://127.0.0.1:${camera.port}/x`;
  // ffmpeg looks for pictures of it until its own limit, or ours, is over.
  const error = await sourceFailure({ url, stallTimeoutMs: 1000 });
  assert.equal(error.reason, "codec", Deno.inspect(error));
  assert.equal(error.message, `Cannot read ${url}: ffmpeg cannot decode its codec (FOO)`);
});

Deno.test("a camera with sound alone, which refuses to play nothing", async () => {
  await using camera = scriptedCamera(async (_connection, { method, answer }) => {
    if (method === "DESCRIBE") await answer(...describe("m=audio 0 RTP/AVP 0\r\n"));
    if (method === "PLAY") await answer({}, "", "501 Not Implemented");
  });
  const url = `rtsp://127.0.0.1:${camera.port}/x`;
  const error = await sourceFailure({ url });
  assert.equal(error.reason, "no_video", Deno.inspect(error));
  assert.equal(error.message, `Cannot read ${url}: there is no video in it, only audio`);
});

Deno.test("a camera that has too many viewers", async () => {
  await using camera = scriptedCamera(async (_connection, { method, answer }) => {
    if (method === "DESCRIBE") await answer(...describe(video("H264")));
    if (method === "SETUP") await answer({}, "", "503 Service Unavailable");
  });
  const error = await sourceFailure({ url: `rtsp://127.0.0.1:${camera.port}/x` });
  assert.match(error.message, /: it answered SETUP with an error \(503\)$/);
});

Deno.test("a camera that describes its stream, and sends no picture in time", async () => {
  await using camera = scriptedCamera(async (_connection, { method, answer }) => {
    if (method === "DESCRIBE") await answer(...describe(video("H264")));
  });
  const url = `rtsp://127.0.0.1:${camera.port}/x`;
  const error = await sourceFailure({ url, stallTimeoutMs: 1000 });
  assert.equal(error.reason, "timeout");
  assert.equal(
    error.message,
    `Cannot read ${url}: it is there, but sent no picture within 1000 ms`,
  );
  assert.match(error.hint, /--stall_timeout_ms$/);
});

Deno.test("a source that starts on demand, and takes too long for it", async () => {
  await using camera = scriptedCamera(async ({ over }, { method }) => {
    if (method === "DESCRIBE") await over;
  });
  const url = `rtsp://127.0.0.1:${camera.port}/x`;
  const error = await sourceFailure({ url, stallTimeoutMs: 1000 });
  const words = "it was connected to, but said nothing of a stream within 1000 ms";
  assert.equal(error.message, `Cannot read ${url}: ${words}`);
  assert.match(error.hint, /starts on demand, .*--stall_timeout_ms/);
});

Deno.test("a camera that sends one picture in longer than the limit", async () => {
  const { elementary } = await numberedClip({ ...small, codec: "mjpeg" });
  const pictures = await Deno.readFile(elementary);
  const second = pictures.findIndex((byte, at) =>
    at > 2 && byte === 0xff && pictures[at + 1] === 0xd8 && pictures[at + 2] === 0xff
  );
  await using camera = serve(async (connection, over) => {
    await connection.read(new Uint8Array(4096));
    const head = "HTTP/1.1 200 OK\r\nContent-Type: multipart/x-mixed-replace;boundary=b\r\n\r\n" +
      `--b\r\nContent-Type: image/jpeg\r\nContent-Length: ${second}\r\n\r\n`;
    await connection.write(encode(head));
    await connection.write(pictures.subarray(0, second));
    await over;
  });
  const url = `http://127.0.0.1:${camera.port}/x`;
  const error = await sourceFailure({ url, stallTimeoutMs: 1500 });
  // Whether it counts as one depends on the version of ffmpeg.
  assert.ok(error.reason === "timeout" || error.reason === "stalled", error.message);
  assert.match(error.hint, /so seldom, .*--stall_timeout_ms/);
});

const small = { width: 240, height: 160, fps: 25, frames: 5 };
