/** What ffmpeg's name for an input says of how its frames come. */

/**
 * - `picture`: one picture, after which nothing comes.
 * - `unstamped`: frames without times; those that ffmpeg gives them are a guess.
 * - `segments`: some seconds at once, when they are whole.
 * - `stamped`: frames as they come, with times.
 */
export type InputKind = "picture" | "unstamped" | "segments" | "stamped";

/** Elementary streams, and what cameras send over HTTP: ffmpeg counts 25 frames a second. */
const unstamped = new Set([
  ...["mpjpeg", "mjpeg", "h264", "hevc", "vvc", "av1", "obu", "m4v"],
  ...["mpegvideo", "h261", "h263", "vc1", "cavsvideo", "rawvideo"],
]);

/** `formats`: ffmpeg's names for an input, of which one is enough. */
export function inputKind(formats: readonly string[]): InputKind {
  if (formats.some((name) => /^image2|_pipe$/.test(name))) return "picture";
  if (formats.some((name) => unstamped.has(name))) return "unstamped";
  return formats.some((name) => name === "hls" || name === "dash") ? "segments" : "stamped";
}
