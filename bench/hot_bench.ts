/** What runs for every frame, each piece by itself: `deno task bench hot`. */

import type { Analysis } from "../src/frame/analysis.ts";
import { FairQueue } from "../src/inference/sharing/fair_queue.ts";
import { LineSplitter } from "../src/log/line_splitter.ts";
import { Distribution } from "../src/metrics/distribution.ts";
import { Histogram, latencyBounds } from "../src/metrics/histogram.ts";
import { toRecord } from "../src/sink/record.ts";
import { CaptureClock } from "../src/source/clock/capture_clock.ts";
import { parseFfmpegLine } from "../src/source/lines/ffmpeg_line.ts";
import { type LineListener, parseFfmpegBytes } from "../src/source/lines/ffmpeg_line_bytes.ts";
import { ReorderBuffer, type TimedFrame } from "../src/stream/reorder_buffer.ts";
import { frameOf } from "../tests/support/samples.ts";
import { checkAnalysis } from "../src/use_case/wire/check_analysis.ts";

const frame = frameOf({ sequence: 12, capturedAtMs: Date.now() });

/** As many objects as the demo's street shows. */
const analysis: Analysis = {
  detections: Array.from({ length: 11 }, (_, index) => ({
    label: "person",
    labelId: 1,
    confidence: 0.9 - index / 100,
    box: { x: index / 20, y: 0.25, width: 1 / 30, height: 1 / 7 },
  })),
};

// What ffmpeg 5.1 says of one frame with `-debug_ts`, as it comes.
const demuxed = "[info] demuxer+ffmpeg -> ist_index:0 type:video pkt_pts:43200 " +
  "pkt_pts_time:0.48 pkt_dts:43200 pkt_dts_time:0.48 duration:3600 duration_time:0.04 off:0 ";
const filtered = "frame:12   pts:43200   pts_time:0.48\nsightline_branch=0";
const ofNoUse =
  "[info] encoder <- type:video frame_pts:43200 frame_pts_time:0.48 time_base:1/90000";
const bytes = new TextEncoder().encode(
  `${demuxed}\n${ofNoUse}\n${filtered}\n${`${ofNoUse}\n`.repeat(8)}`,
);

const listener: LineListener = { onPacket() {}, onFrame() {}, onBranch() {} };
const splitter = new LineSplitter({
  onLine() {},
  onLineBytes: (bytes, start, end) => parseFfmpegBytes(bytes, start, end, listener),
});
Deno.bench("the lines of a frame, understood as bytes", () => {
  splitter.push(bytes);
});

Deno.bench("read a line of another kind", () => {
  parseFfmpegLine("[rtsp @ 0x5] [error] method DESCRIBE failed: 404 Not Found");
});

const clock = new CaptureClock();
let nowMs = 0;
Deno.bench("how late a packet is", () => {
  nowMs += 40;
  clock.latenessMs(nowMs, nowMs + nowMs % 7);
});

const client = new FairQueue(4).join();
Deno.bench("a permit for the model", async () => {
  (await client.acquire())[Symbol.dispose]();
});

const reorder = new ReorderBuffer<TimedFrame, number>({
  maxAgeMs: 1000,
  capacity: 4,
  deliver: () => Promise.resolve(),
  drop() {},
});
addEventListener("unload", () => reorder[Symbol.dispose]());
Deno.bench("through the reorder buffer", async () => {
  reorder.reserve({ info: { ...frame, capturedAtMs: Date.now() }, delayMs: 0 }).settle({
    kind: "result",
    result: 1,
  });
  await reorder.idle();
});

Deno.bench("check what a plugin says, 11 detections", () => {
  checkAnalysis(analysis);
});

Deno.bench("its record as JSON, 11 detections", () => {
  JSON.stringify(toRecord(frame, "person_vehicle_bike", analysis, frame.capturedAtMs + 31));
});

const ages = new Distribution();
const histogram = new Histogram(latencyBounds);
Deno.bench("an age into percentiles and histogram", () => {
  ages.add(31);
  histogram.observe(0.031);
});
