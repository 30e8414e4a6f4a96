import assert from "node:assert/strict";
import { getLogger } from "@logtape/logtape";
import type { Frame, FrameFormat } from "../src/frame/frame.ts";
import { ProcessGuard } from "../src/process_guard.ts";
import { SharedDecode, type Subscription } from "../src/source/shared_decode.ts";
import { type Source, SourceError } from "../src/source/source.ts";
import { frameNumber, numberedClip } from "./support/clips.ts";
import { poll } from "./support/poll.ts";
import { descendants, procMissing } from "./support/processes.ts";
import { sourceConfig } from "./support/with_source.ts";
import { rtspReason, rtspServerMissing, startRtspServer } from "./support/with_rtsp_server.ts";

const clip = { width: 480, height: 320, fps: 25, frames: 200 };
const small: FrameFormat = { width: 240, height: 160, pixelFormat: "gray", fit: "stretch" };
const large: FrameFormat = { width: 300, height: 300, pixelFormat: "bgr24", fit: "stretch" };
const ignore = rtspServerMissing || procMissing;

/** Two use cases of one camera. */
async function withSubscriptions(
  url: string,
  use: (a: Subscription, b: Subscription) => Promise<void>,
): Promise<void> {
  await using guard = new ProcessGuard();
  await using decode = new SharedDecode({
    camera: "door",
    config: { ...sourceConfig, url },
    logger: getLogger(["test"]),
    guard,
  });
  await use(decode.subscribe("a"), decode.subscribe("b"));
}

Deno.test(
  { name: `two use cases of a camera: one ffmpeg, one session, every frame${rtspReason}`, ignore },
  async () => {
    await using server = await startRtspServer({ clips: { a: await numberedClip(clip) } });
    await withSubscriptions(server.url("a"), async (a, b) => {
      const [grey, colour] = await Promise.all([
        take(a.open(small), 60, (count) => {
          if (count % 10 === 0) assert.equal(ffmpegs().length, 1);
        }),
        take(b.open(large), 60, () => assert.equal(sessions(server.port), 1)),
      ]);
      assert.deepEqual(grey.map(({ stream, width }) => [stream, width]), fill(60, ["a", 240]));
      assert.deepEqual(colour.map(({ stream, width }) => [stream, width]), fill(60, ["b", 300]));
      assertInOrder(grey, 1);
      assertInOrder(colour, 3);
      assert.deepEqual(grey.map(({ ptsMs }) => ptsMs), colour.map(({ ptsMs }) => ptsMs));
      // The first packet may come without a time.
      for (const [i, { capturedAtMs }] of grey.entries()) {
        assert.ok(Math.abs(capturedAtMs - colour[i]!.capturedAtMs) < 20, `frame ${i}`);
      }
      assert.equal(ffmpegs().length, 0, "the last to leave ends ffmpeg");
    });
  },
);

Deno.test(
  {
    name: `ffmpeg dies: both are told, and the first to ask brings both back${rtspReason}`,
    ignore,
  },
  async () => {
    await using server = await startRtspServer({ clips: { a: await numberedClip(clip) } });
    await withSubscriptions(server.url("a"), async (a, b) => {
      const errors = await Promise.all([
        failure(a.open(small), () => Deno.kill(ffmpegs()[0]!, "SIGKILL")),
        failure(b.open(large)),
      ]);
      assert.deepEqual(errors.map(({ reason }) => reason), ["connection_lost", "connection_lost"]);
      const waiting = b.open(large);
      assert.equal(waiting.retryNow?.aborted, false);
      const both: Promise<Frame[]>[] = [];
      const grey = await take(a.open(small), 30, () => {
        if (waiting.retryNow?.aborted && both.length === 0) both.push(take(waiting, 20));
      });
      const [colour] = await Promise.all(both);
      assertInOrder(grey, 1);
      assertInOrder(colour!, 3);
      const times = grey.map(({ ptsMs }) => ptsMs);
      assert.ok(times.includes(colour![0]!.ptsMs), "it is the same run of ffmpeg");
    });
  },
);

Deno.test(
  { name: `who leaves and comes back costs the other no frame${rtspReason}`, ignore },
  async () => {
    await using server = await startRtspServer({ clips: { a: await numberedClip(clip) } });
    await withSubscriptions(server.url("a"), async (a, b) => {
      const visits = [5, 5, 5];
      const visiting = (async () => {
        for (const count of visits) assertInOrder(await take(b.open(large), count), 3);
      })();
      const pids = new Set<number>();
      const grey = await take(a.open(small), 80, (count) => {
        if (count % 10 === 0) ffmpegs().forEach((pid) => pids.add(pid));
      });
      await visiting;
      assertInOrder(grey, 1);
      assert.equal(pids.size, 1);
    });
  },
);

Deno.test({
  name: "a use case that comes late to a camera that says nothing yet costs the other no error",
  ignore: procMissing,
}, async () => {
  using camera = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  await withSubscriptions(`rtsp://127.0.0.1:${camera.addr.port}/a`, async (a, b) => {
    const stop = new AbortController();
    const first = Array.fromAsync(a.open(small).frames(stop.signal));
    // The first has waited for the second, and goes on without.
    using _alone = await camera.accept();
    const second = Array.fromAsync(b.open(large).frames(stop.signal));
    using _both = await camera.accept();
    stop.abort();
    assert.deepEqual(await Promise.all([first, second]), [[], []]);
  });
});

Deno.test(
  { name: `a use case whose model comes late, then wants another size${rtspReason}`, ignore },
  async () => {
    await using server = await startRtspServer({ clips: { a: await numberedClip(clip) } });
    await withSubscriptions(server.url("a"), async (a, b) => {
      const stop = new AbortController();
      const grey: Frame[] = [];
      const reading = (async () => {
        for await (const frame of a.open(small).frames(stop.signal)) grey.push(frame);
      })();
      await poll("the first goes on without the second", () => grey.length > 5, 20_000);
      assertInOrder(await take(b.open(large), 10), 3);
      const wide = await take(b.open({ ...large, width: 400 }), 10);
      assert.equal(wide[0]?.width, 400);
      const before = grey.length;
      await poll("the first still gets frames", () => grey.length > before + 5, 20_000);
      stop.abort();
      await reading;
      // Begun three times, without an error or a frame of another run among them.
      const begins = grey.flatMap(({ sequence }, index) => sequence === 0 ? [index] : []);
      assert.equal(begins.length, 3);
      begins.forEach((begin, i) => assertInOrder(grey.slice(begin, begins[i + 1]), 1));
    });
  },
);

for (const leaves of [false, true]) {
  const what = leaves ? "goes on when one leaves" : "goes at the pace of the slowest";
  Deno.test(`two use cases of a file: it ${what}`, async () => {
    const { file } = await numberedClip(clip);
    await withSubscriptions(file, async (a, b) => {
      let ahead = 0;
      const done = { a: 0, b: 0 };
      const [grey] = await Promise.all([
        take(a.open(small), Infinity, () => {
          done.a++;
          ahead = Math.max(ahead, done.a - done.b);
        }),
        take(b.open(large), leaves ? 10 : Infinity, async () => {
          if (++done.b % 50 === 0) await new Promise((resolve) => setTimeout(resolve, 100));
        }),
      ]);
      assert.equal(grey.length, clip.frames);
      assertInOrder(grey, 1);
      if (leaves) return;
      assert.equal(done.b, clip.frames);
      assert.ok(ahead < 30, `${ahead} frames ahead`);
    });
  });
}

Deno.test({
  name: "a use case that ends lets the other begin its file",
  fn: async () => {
    const { file } = await numberedClip(clip);
    await withSubscriptions(file, async (a, b) => {
      const reading = take(a.open(small), Infinity);
      b[Symbol.dispose]();
      assert.equal((await reading).length, clip.frames);
      // It is read alone when it is asked for again.
      assert.equal((await take(a.open(small), Infinity)).length, clip.frames);
    });
  },
});

async function take(
  source: Source,
  count: number,
  onFrame: (count: number) => unknown = () => {},
): Promise<Frame[]> {
  const frames: Frame[] = [];
  for await (const frame of source.frames(new AbortController().signal)) {
    await onFrame(frames.push(frame));
    if (frames.length >= count) break;
  }
  return frames;
}

async function failure(source: Source, onTenth?: () => void): Promise<SourceError> {
  let frames = 0;
  try {
    for await (const _frame of source.frames(new AbortController().signal)) {
      if (++frames === 10) onTenth?.();
    }
  } catch (error) {
    assert.ok(error instanceof SourceError, Deno.inspect(error));
    return error;
  }
  throw new Error("the source ended without an error");
}

function assertInOrder(frames: readonly Frame[], stride: number): void {
  const numbers = frames.map(({ data, width, height }) => frameNumber(data, width, height, stride));
  const first = numbers[0] ?? NaN;
  assert.deepEqual(numbers, numbers.map((_, i) => (first + i) % clip.frames));
}

function fill<T>(count: number, value: T): T[] {
  return Array.from({ length: count }, () => value);
}

function ffmpegs(): number[] {
  return descendants(Deno.pid).flatMap(({ pid, name }) => name === "ffmpeg" ? [pid] : []);
}

/** Connections to a port of this machine. */
function sessions(port: number): number {
  const remote = port.toString(16).toUpperCase().padStart(4, "0");
  const established = new RegExp(`^ *\\d+: \\S+ 0100007F:${remote} 01 `);
  return Deno.readTextFileSync("/proc/net/tcp").split("\n").filter((line) => established.test(line))
    .length;
}
