/** The command line by which ffmpeg will read a camera. */

import type { StreamConfig } from "../stream/settings.ts";
import type { FrameFormat } from "../frame/frame.ts";
import { parseAddress } from "../source/address.ts";
import { ffmpegArgs } from "../source/ffmpeg_args.ts";

/** Stand for what only model and use case know, until words take their place. */
const unknownWidth = 70_001;
const unknownHeight = 70_002;

/** What ffmpeg is asked for as long as nobody was asked; a server that takes JPEG gets JPEG. */
function unknownFormat({ binaryInput }: StreamConfig): FrameFormat {
  const pixelFormat = binaryInput ? "jpeg" : "bgr24";
  return { width: unknownWidth, height: unknownHeight, pixelFormat, fit: "stretch" };
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
  const formatOf = (stream: StreamConfig) => formats.get(stream.name) ?? unknownFormat(stream);
  const args = ffmpegArgs({
    address,
    config: first.source,
    branches: streams.map((stream) => ({
      format: formatOf(stream),
      socket: `<socket of ${stream.name}>`,
    })),
    motionSocket: first.source.motion === null ? undefined : "<socket of the motion gate>",
    fullPictures: streams.some(({ secondary }) => secondary !== null)
      ? "<pictures of full size>/%d"
      : undefined,
    tapSocket: visible && address.kind !== "device" ? "<socket of the live view>" : null,
  });
  return args.map((arg) =>
    arg.replaceAll(
      new RegExp(`=${unknownWidth}:${unknownHeight}(.*?)format=(gbrp,format=bgr24|\\w+)`, "g"),
      (_whole, between: string, pixels: string) => {
        const format = pixels.endsWith("bgr24") ? "<pixel format>" : pixels;
        return `=<width>:<height>${between}format=${format}`;
      },
    )
  );
}
