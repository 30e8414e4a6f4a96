import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** Where clips are kept between runs. */
export const clipsFolder = fileURLToPath(new URL("../.deno/bench", import.meta.url));

/** What the made-up camera shows. */
export interface ClipShape {
  readonly width: number;
  readonly height: number;
  readonly fps: number;
  /** What the camera sends. @default {4} */
  readonly mbitPerSecond?: number;
}

/** Length of the loop in frames; their numbers fit the bars below. */
export const clipFrames = 300;

/** Bars across the top of the picture; bar b is white when bit b of the frame's number is set. */
export const barCount = 12;

/** Height of the bars as a share of the picture's. */
export const barShare = 1 / 12;

/**
 * Makes a clip that a camera could send, without B-frames, and keeps it in `folder`.
 *
 * @returns the path of the elementary stream; beside it stands the `.pts` file of the RTSP server
 */
export async function ensureClip(folder: string, shape: ClipShape): Promise<string> {
  const { width, height, fps, mbitPerSecond = 4 } = shape;
  const path = join(folder, `${width}x${height}at${fps}of${mbitPerSecond}.h264`);
  try {
    await Deno.stat(`${path}.pts`);
    return path;
  } catch {
    await Deno.mkdir(folder, { recursive: true });
  }
  const barHeight = 2 * Math.round(height * barShare / 2);
  const scene = `testsrc2=s=${width}x${height}:r=${fps},noise=alls=6:allf=t,format=yuv420p`;
  const bars = `color=s=${barCount}x1:r=${fps},format=gray,` +
    `geq=lum='255*mod(floor(N/pow(2\\,X))\\,2)',scale=${width}:${barHeight}:flags=neighbor`;
  const { success, stderr } = await new Deno.Command("ffmpeg", {
    args: [
      ...["-hide_banner", "-loglevel", "error", "-nostdin", "-y"],
      ...["-f", "lavfi", "-i", scene, "-f", "lavfi", "-i", bars],
      ...["-filter_complex", "[0][1]overlay=0:0", "-frames:v", `${clipFrames}`],
      ...["-c:v", "libx264", "-preset", "veryfast", "-bf", "0", "-g", `${fps}`],
      ...["-b:v", `${mbitPerSecond}M`, "-maxrate", `${mbitPerSecond * 1.25}M`],
      ...["-bufsize", `${mbitPerSecond}M`],
      ...["-bsf:v", "h264_metadata=aud=insert", "-f", "h264", path],
    ],
    stdout: "null",
    stderr: "piped",
  }).output();
  if (!success) {
    throw new Error(`Cannot make ${path}: ${new TextDecoder().decode(stderr).trim()}`);
  }
  const times = Array.from({ length: clipFrames }, (_, index) => (index / fps).toFixed(6));
  await Deno.writeTextFile(`${path}.pts`, times.join("\n") + "\n");
  return path;
}
