/** Opens a source: one ffmpeg a run. */

import type { Logger } from "@logtape/logtape";
import type { SourceConfig } from "../config/resolved.ts";
import type { CompressedTap } from "../frame/compressed.ts";
import type { FrameFormat } from "../frame/frame.ts";
import { parseAddress } from "./address.ts";
import { isLive } from "./ffmpeg_args.ts";
import type { FullPictures } from "./full_pictures.ts";
import type { ChildGuard } from "../process_guard.ts";
import { RunChannels } from "./run_channels.ts";
import { SourceRun } from "./source_run.ts";
import type { Source, SourceFrame } from "./source.ts";

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
      const { stream, camera = stream, format } = request;
      const shared = { ...request, camera, streams: [stream], address };
      for (let polled = false, again = true; again && !signal.aborted; polled = true) {
        await using channels = await RunChannels.open({ ...shared, polled });
        using full = await request.full?.begin() ?? null;
        const branches = [{ stream, format, full }];
        await using run = new SourceRun({ ...request, branches, address, channels, signal });
        for (let frame; (frame = await run.next()) !== null;) yield frame;
        again = run.isPicture;
      }
    },
  };
}
