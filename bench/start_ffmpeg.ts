import { Child } from "./child.ts";

/** Starts ffmpeg doing nothing but decode and scale a camera's stream, its output thrown away. */
export function startFfmpeg(url: string, size: string, pixelFormat: string | null): Child {
  const format = pixelFormat === null ? [] : ["-pix_fmt", pixelFormat];
  return new Child("ffmpeg", [
    ...["-hide_banner", "-loglevel", "error", "-nostdin", "-rtsp_transport", "tcp", "-i", url],
    ...["-an", "-vf", `scale=${size}`, ...format, "-f", "rawvideo", "-y", "/dev/null"],
  ], () => {});
}
