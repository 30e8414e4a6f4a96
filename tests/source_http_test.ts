/** Cameras over HTTP and HTTPS: their secrets stay with us, and so does TLS. */

import assert from "node:assert/strict";
import { programArguments } from "./support/processes.ts";
import { noCertificates, withCertificates } from "./support/with_certificates.ts";
import { withHttpCamera } from "./support/with_http_camera.ts";
import { frameNumber, numberedClip } from "./support/clips.ts";
import { framesOf, sourceFailure, takeFrames } from "./support/with_source.ts";
import { RecordedTap } from "./support/with_tap.ts";

const clip = { width: 240, height: 160, fps: 25, frames: 50 };
const password = "p@:/#?!x";
const credentials = `cam:${password}`;
const paths = ["a.ts", "a.m3u8", "a.mjpeg", "moved"];

Deno.test("http: a password reaches the camera, and stands in no arguments", async () => {
  await using camera = await withHttpCamera({ clip, credentials });
  const host = `127.0.0.1:${camera.port}`;
  for (const path of paths) {
    const url = `http://${credentials}@${host}/${path}`;
    assert.equal((await takeFrames({ url }, 20)).length, 20, path);
  }
  for await (const _frame of framesOf({ url: `http://${credentials}@${host}/a.mjpeg` })) {
    const listed = await programArguments("ffmpeg");
    assert.match(listed, /-i http:\/\/sightline\.invalid\/a\.mjpeg/);
    for (const secret of [password, encodeURIComponent(password), "p%40"]) {
      assert.ok(!listed.includes(secret), listed);
    }
    break;
  }
  const wrong = await sourceFailure({ url: `http://${credentials}y@${host}/a.ts` });
  assert.equal(wrong.reason, "unauthorized");
  const absent = await sourceFailure({ url: `http://${credentials}@${host}/none` });
  assert.equal(absent.reason, "not_found");
  assert.equal(absent.message, `Cannot read http://cam:***@${host}/none: no such stream`);
});

const ignore = noCertificates !== null;
const reason = ignore ? ` (${noCertificates})` : "";

Deno.test(
  { name: `https: a camera whose certificate is good is read${reason}`, ignore },
  async () => {
    await using files = await withCertificates();
    const pem = { cert: files.serverCert, key: files.serverKey };
    const tls = { caFile: files.ca, insecure: false };
    for (const login of [null, credentials]) {
      const asked = login === null ? {} : { credentials: login };
      await using camera = await withHttpCamera({ clip, ...asked, ...pem });
      const host = `${login === null ? "" : `${login}@`}localhost:${camera.port}`;
      // With a password, whole addresses would have to hold it.
      for (const path of login === null ? [...paths, "whole.m3u8"] : paths) {
        const url = `https://${host}/${path}`;
        assert.equal((await takeFrames({ url, tls }, 20)).length, 20, path);
      }
      const lost = await sourceFailure({ url: `https://${host}/lost`, tls });
      assert.match(lost.message, /: it leads to 127\.0\.0\.1:1(live)? besides$/);
    }
  },
);

Deno.test(
  { name: `https: one that is not good is not, and has its reason${reason}`, ignore },
  async () => {
    await using files = await withCertificates();
    for (const [cert, key, caFile, words] of files.bad) {
      await using camera = await withHttpCamera({ clip, cert, key });
      const url = `https://localhost:${camera.port}/a.ts`;
      const error = await sourceFailure({ url, tls: { caFile, insecure: false } });
      assert.equal(error.reason, "tls", Deno.inspect(error));
      assert.ok(
        error.message.startsWith(`Cannot read ${url}: its certificate ${words}`),
        error.message,
      );
      assert.equal((await takeFrames({ url, tls: { caFile: null, insecure: true } }, 2)).length, 2);
    }
  },
);

Deno.test("http: what begins between two key frames has a tap all the same", async () => {
  const { file } = await numberedClip({ ...clip, frames: 250, keyEvery: 75 });
  let opened = 0;
  // A camera that one joins in the middle: its first key frame comes after three seconds.
  await using camera = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, () => {
    opened++;
    const child = new Deno.Command("ffmpeg", {
      args: [
        ...["-v", "error", "-re", "-i", file, "-c", "copy", "-bsf:v", "noise=drop='lt(n,1)'"],
        ...["-f", "mpegts", "-flush_packets", "1", "pipe:1"],
      ],
      stdout: "piped",
      // That nobody reads it any more.
      stderr: "null",
    }).spawn();
    return new Response(child.stdout);
  });
  const tap = new RecordedTap();
  const url = `http://127.0.0.1:${camera.addr.port}/a.ts`;
  const frames = await takeFrames({ url, tap }, 20);
  const [first] = frames;
  assert.equal(frameNumber(first!.data, first!.width, first!.height, 1), 75);
  assert.equal(opened, 2, "the first one told no size");
  const { width, height } = tap.described[0]!.video;
  assert.deepEqual([width, height], [240, 160]);
  const key = tap.packets.findIndex(({ keyframe }) => keyframe);
  const [picture] = await tap.pictures(tap.packets.slice(key, key + 1));
  assert.equal(frameNumber(picture!.data, 240, 160, 1), 75);
});
