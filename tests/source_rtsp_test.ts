import assert from "node:assert/strict";
import type { Frame } from "../src/frame/frame.ts";
import { frameNumber, numberedClip } from "./support/clips.ts";
import { freePort } from "./support/free_port.ts";
import { programArguments } from "./support/processes.ts";
import { poll } from "./support/poll.ts";
import {
  rtspReason,
  rtspServerMissing as ignore,
  startRtspServer,
} from "./support/with_rtsp_server.ts";
import {
  framesOf,
  small,
  sourceFailure,
  takeFrames,
  type TestSource,
} from "./support/with_source.ts";
import { RecordedTap } from "./support/with_tap.ts";

const length = 100;
const plain = { width: 480, height: 320, fps: 25, frames: length };

for (const rtspTransport of ["tcp", "udp"] as const) {
  Deno.test(
    { name: `RTSP over ${rtspTransport}: no picture is lost${rtspReason}`, ignore },
    async () => {
      await using server = await startRtspServer({ clips: { a: await numberedClip(plain) } });
      const frames = await takeFrames({ url: server.url("a"), rtspTransport }, 120);
      assertInOrder(frames);
      for (const frame of frames.slice(1)) assertPaired(frame, frames[1]!);
    },
  );
}

Deno.test(
  { name: `RTSP with B-frames: presentation order, none lost${rtspReason}`, ignore },
  async () => {
    await using server = await startRtspServer({
      clips: { b: await numberedClip({ ...plain, bFrames: 3 }) },
    });
    const frames = await takeFrames({ url: server.url("b") }, 60);
    assertInOrder(frames);
    // ffmpeg guesses the times of the first packets, which come before it knows the stream's delay.
    for (const frame of frames.slice(10)) assertPaired(frame, frames[10]!);
  },
);

for (const codec of ["h265", "mjpeg"] as const) {
  Deno.test({ name: `RTSP with ${codec}${rtspReason}`, ignore }, async () => {
    await using server = await startRtspServer({
      clips: { c: await numberedClip({ ...plain, codec }) },
    });
    assertInOrder(await takeFrames({ url: server.url("c") }, 30));
  });
}

Deno.test({ name: `a frame's age counts from its packet${rtspReason}`, ignore }, async () => {
  // As large as it takes for every ffmpeg to be busy with a picture for two milliseconds.
  const size = { width: 3840, height: 2160, frames: 50 };
  await using server = await startRtspServer({
    clips: { a: await numberedClip({ ...plain, ...size }) },
  });
  const ages: number[] = [];
  for await (const frame of framesOf({ url: server.url("a") })) {
    ages.push(Date.now() - frame.capturedAtMs);
    if (ages.length === 50) break;
  }
  // Decoding takes a few milliseconds, which must not be left out, as it would be if the packet were
  // known with its frame; a picture held back would be 40 ms old, or 80.
  const median = ages.sort((a, b) => a - b)[25] ?? NaN;
  assert.ok(median >= 2 && median < 35, `${median} ms`);
});

for (const user of [undefined, "cam"]) {
  const by = user === undefined ? "its address" : "a list, for its password";
  Deno.test({ name: `a picture a second, read by ${by}${rtspReason}`, ignore }, async () => {
    const clip = await numberedClip({ ...plain, fps: 1, frames: 20, keyEvery: 5 });
    await using server = await startRtspServer({
      clips: { a: clip },
      ...(user === undefined ? {} : { user, password: "secret" }),
    });
    const url = user === undefined
      ? server.url("a")
      : server.url("a").replace("//", `//${user}:secret@`);
    // Probing took four to seven seconds, and what it held back came at once and counted as new.
    const frames = await takeFrames({ url, stallTimeoutMs: 3000 }, 4);
    for (const [index, frame] of frames.entries()) {
      const before = frames[index - 1];
      if (before === undefined) continue;
      const shownMs = frame.ptsMs - before.ptsMs;
      const capturedMs = frame.capturedAtMs - before.capturedAtMs;
      assert.ok(Math.abs(shownMs - 1000) < 500, `picture ${index}: shown ${shownMs} ms later`);
      assert.ok(Math.abs(capturedMs - 1000) < 500, `picture ${index}: came ${capturedMs} ms later`);
    }
  });
}

for (const digest of [false, true]) {
  const scheme = digest ? "digest" : "basic";
  Deno.test({ name: `credentials of any characters, ${scheme}${rtspReason}`, ignore }, async () => {
    const password = "p@:/#?!x";
    await using server = await startRtspServer({
      clips: { a: await numberedClip(plain) },
      user: "cam",
      password,
      digest,
    });
    const host = `127.0.0.1:${server.port}/a`;
    assert.equal((await takeFrames({ url: `rtsp://cam:${password}@${host}` }, 2)).length, 2);
    for await (const frame of framesOf({ url: `rtsp://cam:${password}@${host}` })) {
      const listed = await programArguments("ffmpeg");
      assert.match(listed, /-f concat -i file:/);
      for (const secret of [password, encodeURIComponent(password), "p%40"]) {
        assert.ok(!listed.includes(secret), listed);
      }
      if (frame.sequence === 1) break;
    }
    const wrong = await sourceFailure({ url: `rtsp://cam:${password}y@${host}` });
    assert.equal(wrong.reason, "unauthorized");
    assert.equal(
      wrong.message,
      `Cannot read rtsp://cam:***@${host}: the camera wants other credentials`,
    );
    assert.ok(!Deno.inspect(wrong).includes(password), Deno.inspect(wrong));
    assert.equal((await sourceFailure({ url: `rtsp://${host}` })).reason, "unauthorized");
  });
}

Deno.test({ name: `a path that the camera does not have${rtspReason}`, ignore }, async () => {
  await using server = await startRtspServer({ clips: { a: await numberedClip(plain) } });
  assert.equal((await sourceFailure({ url: server.url("none") })).reason, "not_found");
});

Deno.test({ name: `a camera that is switched off${rtspReason}`, ignore }, async () => {
  await using server = await startRtspServer({ clips: { a: await numberedClip(plain) } });
  const error = await sourceFailure({ url: server.url("a") }, async (frame) => {
    if (frame.sequence === 10) await server.kill();
  });
  assert.equal(error.reason, "connection_lost");
});

Deno.test({ name: `a camera that freezes${rtspReason}`, ignore }, async () => {
  await using server = await startRtspServer({ clips: { a: await numberedClip(plain) } });
  const error = await sourceFailure({ url: server.url("a"), stallTimeoutMs: 1000 }, (frame) => {
    if (frame.sequence === 10) server.freeze();
  });
  assert.equal(error.reason, "stalled");
});

Deno.test({ name: `a camera that accepts and says nothing${rtspReason}`, ignore }, async () => {
  await using server = await startRtspServer({ clips: { a: await numberedClip(plain) } });
  server.freeze();
  assert.equal(
    (await sourceFailure({ url: server.url("a"), stallTimeoutMs: 500 })).reason,
    "timeout",
  );
});

Deno.test({ name: `a camera that comes back with another size${rtspReason}`, ignore }, async () => {
  const letterboxed: TestSource["format"] = { ...small, height: 240, fit: "letterbox" };
  let port = 0;
  for (const [width, height, y] of [[480, 320, 40 / 240], [320, 320, 0]] as const) {
    await using server = await startRtspServer({
      clips: { a: await numberedClip({ ...plain, width, height }) },
      port,
    });
    port = server.port;
    const [frame] = await takeFrames({ url: server.url("a"), format: letterboxed }, 1);
    assert.deepEqual([frame?.width, frame?.height, frame?.contentRect.y], [240, 240, y]);
  }
});

for (const state of ["connecting", "live", "frozen"] as const) {
  Deno.test(
    { name: `aborting ends a source within 2 s, ${state}${rtspReason}`, ignore },
    async () => {
      await using server = await startRtspServer({ clips: { a: await numberedClip(plain) } });
      if (state === "connecting") server.freeze();
      const stop = new AbortController();
      let abortedAt = 0;
      const abort = () => {
        abortedAt = performance.now();
        stop.abort();
      };
      if (state === "connecting") setTimeout(abort, 300);
      for await (const frame of framesOf({ url: server.url("a"), signal: stop.signal })) {
        if (frame.sequence === 5 && state === "frozen") server.freeze();
        if (frame.sequence === 5) setTimeout(abort, 200);
      }
      const tookMs = performance.now() - abortedAt;
      assert.ok(abortedAt > 0 && tookMs < 2000, `${tookMs} ms`);
    },
  );
}

Deno.test({
  name: `the packets of the tap are the same pictures at the same times${rtspReason}`,
  ignore,
}, async () => {
  await using server = await startRtspServer({ clips: { a: await numberedClip(plain) } });
  const tap = new RecordedTap();
  const frames = await takeFrames({ url: server.url("a"), tap }, 80);
  assert.equal(tap.runs, 1);
  const first = tap.packets.findIndex(({ keyframe }, index) => index > 0 && keyframe);
  assert.ok(first > 0, `no key frame in ${tap.packets.length} packets`);
  const packets = tap.packets.slice(first);
  const pictures = await tap.pictures(packets);
  assert.ok(pictures.length > 20, `${pictures.length} pictures`);
  for (const [index, { data, width, height }] of pictures.entries()) {
    const number = frameNumber(data, width, height, 1);
    const twin = frames.find((frame) => numberOf(frame) === number);
    const { ptsMs } = packets[index]!;
    if (twin) assert.ok(Math.abs(ptsMs - twin.ptsMs) < 0.5, `${number}: ${ptsMs}, ${twin.ptsMs}`);
  }
});

Deno.test("of a camera whose only key frame has gone by, the tap has the packets", async () => {
  const { file } = await numberedClip({ ...plain, keyEvery: length });
  const url = `rtsp://127.0.0.1:${freePort()}/live`;
  const stop = new AbortController();
  const pushing = push(file, url, stop.signal, ["-bsf:v", "noise=amount=0:drop=lt(n\\,5)"]);
  const tap = new RecordedTap();
  const watching = takeFrames({ url, rtspListen: true, tap, signal: stop.signal }, 1);
  try {
    await poll("packets without a key frame before them", () => tap.packets.length > 20);
    assert.ok(tap.packets.every(({ keyframe }) => !keyframe));
  } finally {
    stop.abort();
    await Promise.allSettled([pushing, watching]);
  }
});

Deno.test("a port that is closed", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  listener.close();
  const error = await sourceFailure({ url: `rtsp://u:hidden@127.0.0.1:${port}/x` });
  assert.equal(error.reason, "refused");
  assert.equal(error.message, `Cannot read rtsp://u:***@127.0.0.1:${port}/x: connection refused`);
});

Deno.test("a host that does not exist", async () => {
  const url = "rtsp://no-such-host.invalid/x";
  const error = await sourceFailure({ url });
  // A static build of ffmpeg does not survive that.
  const args = ["-v", "quiet", "-nostdin", "-i", url];
  const { signal } = await new Deno.Command("ffmpeg", { args }).output();
  if (signal === null) assert.equal(error.reason, "dns");
  else assert.equal(error.message, `Cannot read ${url}: ffmpeg was ended by ${signal}`);
});

Deno.test("waiting for a camera that pushes is no error; then its pictures come; a taken port is one", async () => {
  const { file } = await numberedClip(plain);
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  const url = `rtsp://127.0.0.1:${port}/live`;
  assert.equal((await sourceFailure({ url, rtspListen: true })).reason, "address_in_use");
  listener.close();
  const stop = new AbortController();
  // A camera tries again until there is a listener.
  const pushing = push(file, url, stop.signal);
  try {
    const frames = await takeFrames({ url, rtspListen: true, stallTimeoutMs: 400 }, 30);
    assertInOrder(frames);
  } finally {
    stop.abort();
    await pushing;
  }
});

Deno.test("a camera that pushes is bounded once it has connected: silent, or fallen silent", async () => {
  for (const words of ["", "OPTIONS * RTSP/1.0\r\nCSeq: 1\r\n\r\n"]) {
    const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const { port } = listener.addr;
    listener.close();
    const failed = sourceFailure({
      url: `rtsp://127.0.0.1:${port}/live`,
      rtspListen: true,
      stallTimeoutMs: 500,
    });
    let camera: Deno.TcpConn | undefined;
    await poll("there is a listener", async () => {
      camera = await Deno.connect({ hostname: "127.0.0.1", port }).catch(() => undefined);
      return camera !== undefined;
    }, 10_000);
    using _connected = camera!;
    await camera!.write(new TextEncoder().encode(words));
    assert.equal((await failed).reason, "timeout");
  }
});

async function push(
  file: string,
  url: string,
  stop: AbortSignal,
  filter: readonly string[] = [],
): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 1000));
  while (!stop.aborted) {
    const args = [
      "-v",
      "quiet",
      "-nostdin",
      "-re",
      "-i",
      file,
      "-c",
      "copy",
      ...filter,
      "-f",
      "rtsp",
      "-rtsp_transport",
      "tcp",
      url,
    ];
    await new Deno.Command("ffmpeg", { args, signal: stop, stdout: "null", stderr: "null" })
      .output();
  }
}

function numberOf(frame: Frame): number {
  return frameNumber(frame.data, frame.width, frame.height, 1);
}

/** Each picture is the one after the last, over the end of the clip too. */
function assertInOrder(frames: readonly Frame[]): void {
  const numbers = frames.map(numberOf);
  const first = numbers[0] ?? NaN;
  assert.deepEqual(numbers, numbers.map((_, i) => (first + i) % length));
}

/** The time of a picture is as far from that of another as their numbers are. */
function assertPaired(frame: Frame, other: Frame): void {
  const pictures = frame.sequence - other.sequence;
  const apart = frame.ptsMs - other.ptsMs;
  assert.ok(Math.abs(apart - pictures * 40) < 2, `picture ${frame.sequence}: ${apart} ms`);
}
