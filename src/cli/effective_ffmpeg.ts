/** The command line by which ffmpeg will read a camera. */

import type { StreamConfig } from "../stream/settings.ts";
import type { FrameFormat } from "../frame/frame.ts";
import { parseAddress } from "../source/address.ts";
import { ffmpegArgs } from "../source/ffmpeg_args.ts";
import type { BranchFormat } from "../source/filters.ts";

/** What only model and use case know; a server that takes JPEG gets JPEG. */
function unknownFormat({ binaryInput }: StreamConfig): BranchFormat {
  const pixelFormat = binaryInput ? "jpeg" : "<pixel format>";
  return { width: "<width>", height: "<height>", pixelFormat, fit: "stretch" };
}

/**
 * Arguments for one camera, whose streams share the process. `formats` are those that are known, by
 * stream; the place of what is not known is taken by words in `<>`, as is that of sockets, which are
 * made anew each time.
 */
export function effectiveFfmpeg(
  streams: readonly StreamConfig[],
  formats: ReadonlyMap<string, FrameFormat>,
  visible: boolean,
): string[] {
  const [first] = streams as [StreamConfig, ...StreamConfig[]];
  const address = parseAddress(first.source.url);
  return ffmpegArgs({
    address,
    config: first.source,
    branches: streams.map((stream) => ({
      format: formats.get(stream.name) ?? unknownFormat(stream),
      socket: `<socket of ${stream.name}>`,
    })),
    motionSocket: first.source.motion === null ? undefined : "<socket of the motion gate>",
    fullPictures: streams.some(({ secondary }) => secondary !== null)
      ? "<pictures of full size>/%d"
      : undefined,
    tapSocket: visible && address.kind !== "device" ? "<socket of the live view>" : null,
  });
}
