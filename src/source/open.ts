/** Opens a source: one ffmpeg a run. */

import type { Logger } from "@logtape/logtape";
import type { SourceConfig } from "../config/resolved.ts";
import type { CompressedTap } from "../frame/compressed.ts";
import type { FrameFormat } from "../frame/frame.ts";
import { parseAddress } from "./address.ts";
import { isLive } from "./ffmpeg_args.ts";
import type { FullPictures } from "./full_pictures.ts";
import { MotionFeed } from "./motion_feed.ts";
import type { ChildGuard } from "../process_guard.ts";
import { SourceRun } from "./source_run.ts";
import type { Source, SourceFrame } from "./source.ts";
import { TapSocket, tapSocketName } from "./tap_socket.ts";

/** What a source needs. */
export interface SourceRequest {
  /** Name of the stream that the frames belong to. */
  readonly stream: string;
  /** Name of the camera. @default {stream} */
  readonly camera?: string;
  readonly config: SourceConfig;
  readonly format: FrameFormat;
  readonly logger: Logger;
  /** Takes the camera's compressed stream; without it nobody asks for one. */
  readonly tap?: CompressedTap | undefined;
  readonly guard: ChildGuard;
  /** Where each picture is kept at its full size for a moment. @default {nowhere} */
  readonly full?: FullPictures | null;
}

/** A source of frames as `request` wants them. Nothing is started before frames are asked for. */
export function openSource(request: SourceRequest): Source {
  const address = parseAddress(request.config.url);
  return {
    live: isLive(address, request.config),
    returns: address.kind !== "file",
    async *frames(signal: AbortSignal): AsyncGenerator<SourceFrame, void, void> {
      if (signal.aborted) return;
      // A device sends raw pictures, or JPEG: nothing that the tap could carry.
      await using tap = request.tap === undefined || address.kind === "device"
        ? null
        : TapSocket.open(
          request.tap,
          tapSocketName(request.stream, request.config.url),
          request.logger,
        );
      await using motion = MotionFeed.open(request.camera ?? request.stream, request.config);
      using full = await request.full?.begin() ?? null;
      const { stream, format } = request;
      const branches = [{ stream, format, full, socket: null }];
      await using run = new SourceRun({ ...request, branches, address, tap, motion, signal });
      yield* run.frames();
    },
  };
}
