/** Cameras that want more memory than a camera needs. */

import assert from "node:assert/strict";
import type { SourceError, SourceReason } from "../src/source/source.ts";
import { encode, scriptedCamera, serve } from "./support/scripted_camera.ts";
import { sourceFailure, takeFrames } from "./support/with_source.ts";

const ignore = Deno.build.os !== "linux";
const reason = ignore ? " (only Linux bounds the memory of a program)" : "";
const ffmpegMemoryMb = 128;

Deno.test(
  { name: `a camera that announces a description of 2 GB is ended${reason}`, ignore },
  async () => {
    await using camera = scriptedCamera(async ({ writer }, request) => {
      if (request.method !== "DESCRIBE") return;
      await request.answer({ "Content-Type": "application/sdp", "Content-Length": "2000000000" });
      const piece = new Uint8Array(1024 * 1024).fill(97);
      for (let sent = 0; sent < 2_000_000_000; sent += piece.length) await writer.write(piece);
    });
    // ffmpeg has no words of its own for memory that it did not get here.
    const error = await assertBounded(`rtsp://127.0.0.1:${camera.port}/x`, "invalid_data");
    assert.match(error.message, /one for which the 128 MB that ffmpeg may take are not enough$/);
  },
);

Deno.test(
  { name: `a camera, or a file, whose pictures are 16,000 pixels high is ended${reason}`, ignore },
  async () => {
    const file = await Deno.makeTempFile({ suffix: ".mjpeg" });
    try {
      const pictures = ["-f", "lavfi", "-i", "color=size=16000x16000", "-frames:v", "1"];
      await new Deno.Command("ffmpeg", {
        args: ["-v", "error", "-y", ...pictures, "-pix_fmt", "yuvj420p", "-f", "mjpeg", file],
      }).output();
      const jpeg = await Deno.readFile(file);
      await using camera = serve(async (connection) => {
        await connection.read(new Uint8Array(4096));
        const writer = connection.writable.getWriter();
        await writer.write(encode(
          "HTTP/1.1 200 OK\r\nContent-Type: multipart/x-mixed-replace;boundary=b\r\n\r\n",
        ));
        for (;;) {
          const head = `--b\r\nContent-Type: image/jpeg\r\nContent-Length: ${jpeg.length}\r\n\r\n`;
          await writer.write(encode(head));
          await writer.write(jpeg);
          await writer.write(encode("\r\n"));
        }
      });
      await assertBounded(`http://127.0.0.1:${camera.port}/x`, "memory");
      const error = await sourceFailure({ url: file, ffmpegMemoryMb: 64 });
      assert.equal(error.reason, "memory", Deno.inspect(error));
    } finally {
      await Deno.remove(file);
    }
  },
);

Deno.test(
  { name: `with hardware decoding, what ffmpeg has in memory is watched${reason}`, ignore },
  async () => {
    // More than is allowed with a driver, then nothing.
    const bytes = 1_300_000_000;
    await using camera = scriptedCamera(async ({ writer }, request) => {
      if (request.method !== "DESCRIBE") return;
      await request.answer({ "Content-Type": "application/sdp", "Content-Length": "2000000000" });
      const piece = new Uint8Array(1024 * 1024).fill(97);
      for (let sent = 0; sent < bytes; sent += piece.length) await writer.write(piece);
    });
    const url = `rtsp://127.0.0.1:${camera.port}/x`;
    const error = await sourceFailure({
      ...{ url, hwaccel: "auto", ffmpegMemoryMb: 64, stallTimeoutMs: 20_000 },
    });
    assert.equal(error.reason, "memory", Deno.inspect(error));
  },
);

Deno.test({ name: `a 4K camera needs less than the default${reason}`, ignore }, async () => {
  const file = await Deno.makeTempFile({ suffix: ".ts" });
  try {
    const pictures = ["-f", "lavfi", "-i", "testsrc2=size=3840x2160:rate=10", "-frames:v", "10"];
    const encoder = ["-c:v", "libx264", "-preset", "ultrafast", "-bf", "2", "-refs", "4"];
    await new Deno.Command("ffmpeg", {
      args: ["-v", "error", "-y", ...pictures, "-pix_fmt", "yuv420p", ...encoder, file],
    }).output();
    const clip = await Deno.readFile(file);
    await using camera = serve(async (connection) => {
      await connection.read(new Uint8Array(4096));
      const writer = connection.writable.getWriter();
      await writer.write(encode("HTTP/1.1 200 OK\r\nContent-Type: video/mp2t\r\n\r\n"));
      await writer.write(clip);
      await writer.close();
    });
    const format = { width: 640, height: 640, pixelFormat: "bgr24", fit: "letterbox" } as const;
    const url = `http://127.0.0.1:${camera.port}/x`;
    assert.equal((await takeFrames({ url, format }, 8)).length, 8);
  } finally {
    await Deno.remove(file);
  }
});

/** Reads the camera to its error, and watches how much memory ffmpeg takes meanwhile. */
async function assertBounded(url: string, reason: SourceReason): Promise<SourceError> {
  let error: SourceError;
  let mostMb = 0;
  const watch = setInterval(() => mostMb = Math.max(mostMb, residentMb(url)), 20);
  try {
    error = await sourceFailure({ url, ffmpegMemoryMb, stallTimeoutMs: 10_000 });
    assert.equal(error.reason, reason, Deno.inspect(error));
  } finally {
    clearInterval(watch);
  }
  // Its own code and libraries come on top.
  assert.ok(mostMb < ffmpegMemoryMb + 200, `${mostMb} MB`);
  return error;
}

/** Memory of the program that has this among its arguments. */
function residentMb(argument: string): number {
  for (const { name } of Deno.readDirSync("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    try {
      if (!Deno.readTextFileSync(`/proc/${name}/cmdline`).includes(`\0${argument}\0`)) continue;
      const status = Deno.readTextFileSync(`/proc/${name}/status`);
      return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024;
    } catch {
      // It has ended.
    }
  }
  return 0;
}
