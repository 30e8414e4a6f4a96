import { setTimeout } from "node:timers/promises";
import { LineSplitter } from "../src/log/line_splitter.ts";
import { parseAddress } from "../src/source/address.ts";
import { ffmpegArgs } from "../src/source/ffmpeg_args.ts";
import { type LineListener, parseFfmpegBytes } from "../src/source/lines/ffmpeg_line_bytes.ts";
import { sourceConfig } from "../tests/support/with_source.ts";

/** What Sightline asks of ffmpeg for the benchmarks' model. */
const format = { width: 300, height: 300, pixelFormat: "bgr24", fit: "stretch" } as const;

/**
 * Milliseconds from a packet to its scaled picture when ffmpeg works alone, one for each camera and
 * all at once, as it does beneath Sightline. The pictures are thrown away.
 */
export async function measureDecoding(
  urls: readonly string[],
  warmupSeconds: number,
  seconds: number,
): Promise<number[]> {
  const times: number[] = [];
  const sinceMs = performance.now() + warmupSeconds * 1000;
  const children = urls.map((url) => startDecoder(url));
  const reading = children.map(({ stderr }) =>
    readTimes(stderr, (ms) => {
      if (performance.now() > sinceMs) times.push(ms);
    })
  );
  await setTimeout((warmupSeconds + seconds) * 1000);
  for (const child of children) child.kill("SIGTERM");
  await Promise.all([...reading, ...children.map(({ status }) => status)]);
  if (times.length === 0) throw new Error("Cannot measure decoding: ffmpeg made no picture");
  return times;
}

function startDecoder(url: string): Deno.ChildProcess {
  const args = ffmpegArgs({
    address: parseAddress(url),
    config: { ...sourceConfig, url },
    branches: [{ format, socket: null }],
    tapSocket: null,
  });
  return new Deno.Command("ffmpeg", {
    args,
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).spawn();
}

async function readTimes(
  stderr: ReadableStream<Uint8Array>,
  onTime: (ms: number) => void,
): Promise<void> {
  const demuxedAtMs = new Map<number, number>();
  let nowMs = 0;
  const listener: LineListener = {
    onPacket: (pts) => void (pts !== null && demuxedAtMs.set(pts, nowMs)),
    onFrame: (pts) => {
      const atMs = pts === null ? undefined : demuxedAtMs.get(pts);
      if (pts === null || atMs === undefined) return;
      demuxedAtMs.delete(pts);
      onTime(nowMs - atMs);
    },
    onBranch() {},
  };
  const splitter = new LineSplitter({
    onLine() {},
    onLineBytes: (bytes, start, end) => parseFfmpegBytes(bytes, start, end, listener),
  });
  for await (const bytes of stderr) {
    nowMs = performance.now();
    splitter.push(bytes);
  }
}
