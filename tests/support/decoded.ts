/** Pictures of a video file, decoded. */

/** RGB, three bytes a pixel. */
export interface DecodedPicture {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
}

/** Every picture, in order. @throws when ffmpeg has anything to complain of */
export async function decodeFile(
  path: string,
  { width, height }: { readonly width: number; readonly height: number },
): Promise<DecodedPicture[]> {
  const { stdout, stderr } = await new Deno.Command("ffmpeg", {
    args: [
      ...["-v", "error", "-i", path, "-fps_mode", "passthrough"],
      ...["-f", "rawvideo", "-pix_fmt", "rgb24", "pipe:1"],
    ],
  }).output();
  const complaint = new TextDecoder().decode(stderr);
  if (complaint !== "") throw new Error(`Cannot decode ${path}: ${complaint}`);
  return splitPictures(stdout, { width, height });
}

/** The pictures in bytes that hold nothing else. */
export function splitPictures(
  rgb: Uint8Array,
  { width, height }: { readonly width: number; readonly height: number },
): DecodedPicture[] {
  const bytes = width * height * 3;
  return Array.from({ length: Math.floor(rgb.length / bytes) }, (_, index) => {
    return { width, height, data: rgb.subarray(index * bytes, (index + 1) * bytes) };
  });
}

/** How far a pixel is from grey, 0…255. */
export function colourAt({ width, data }: DecodedPicture, x: number, y: number): number {
  const at = (Math.floor(y) * width + Math.floor(x)) * 3;
  const pixel = data.subarray(at, at + 3);
  return Math.max(...pixel) - Math.min(...pixel);
}

/** Checksums of the packets of a video stream, in order. */
export async function packetSums(path: string): Promise<string[]> {
  const { stdout } = await new Deno.Command("ffmpeg", {
    args: [
      ...["-v", "error", "-i", path, "-map", "0:v", "-c", "copy"],
      // Parameter sets and delimiters may stand in front of a picture, or in the head of the file.
      ...["-bsf:v", "h264_mp4toannexb,filter_units=remove_types=6-9"],
      ...["-f", "framemd5", "pipe:1"],
    ],
  }).output();
  return new TextDecoder().decode(stdout).split("\n").filter((line) => /^\d/.test(line)).map((
    line,
  ) => line.split(",").at(-1)!.trim());
}
