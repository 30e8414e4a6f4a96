/** Ages from the camera's push of a frame: each frame carries its number as bars. */

import { setTimeout } from "node:timers/promises";
import { startPushingCameras } from "./camera.ts";
import { decodeFrame } from "./canned_answer.ts";
import type { ClipShape } from "./clip.ts";
import { startInstantServer } from "./start.ts";
import { startConfig } from "./streams.ts";

/** Of which cameras, and for how long. */
export interface PushAgesOptions {
  readonly shape: ClipShape;
  readonly streams: number;
  readonly warmupSeconds: number;
  readonly seconds: number;
  /** Where a configuration file may be written. */
  readonly folder: string;
}

/**
 * Milliseconds from the camera's push of a frame until its record comes out of Sightline. The server
 * reads the number in the picture and sends it back as a box. Watching costs a good part of what is
 * watched, so nothing else should be measured meanwhile.
 */
export async function measurePushAges(options: PushAgesOptions): Promise<number[]> {
  const { shape, streams, warmupSeconds, seconds, folder } = options;
  const { child, port } = await startInstantServer(["--read_frames"]);
  await using _server = child;
  await using cameras = await startPushingCameras(shape, streams);
  const agesMs: number[] = [];
  const startMs = Date.now() + warmupSeconds * 1000;
  {
    await using _ours = await startConfig(
      {
        defaults: { ovms_url: `127.0.0.1:${port}`, model_name: "instant", sink: ["stdout"] },
        streams: Object.fromEntries(
          Array.from({ length: streams }, (_, at) => [`${at}`, { stream_url: cameras.url(at) }]),
        ),
      },
      folder,
      function noteRecord(line) {
        const nowMs = Date.now();
        const record = JSON.parse(line);
        // The summaries at the end.
        if (record.detections === undefined) return;
        const frame = decodeFrame(record.detections[0].box.x);
        const pushedAtMs = cameras.pushedAtMs(Number(record.stream), frame);
        if (nowMs >= startMs && pushedAtMs !== undefined) agesMs.push(nowMs - pushedAtMs);
      },
    );
    await setTimeout((warmupSeconds + seconds) * 1000);
  }
  return agesMs;
}
