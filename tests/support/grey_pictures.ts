/** Pixels of files that events have. */

/** A picture, a byte for each pixel. */
export interface GreyPicture {
  readonly data: Uint8Array;
  readonly width: number;
  readonly height: number;
}

/** The only picture of a JPEG. */
export async function greyPicture(jpeg: Uint8Array): Promise<GreyPicture> {
  const [picture] = await greyPictures(jpeg);
  return picture!;
}

/** All pictures of a file, in order. */
export async function greyPictures(bytes: Uint8Array): Promise<GreyPicture[]> {
  const path = await Deno.makeTempFile();
  try {
    await Deno.writeFile(path, bytes);
    // ffprobe 5.1 misses the end of every JPEG whose last pixels are black, also of ffmpeg's own.
    const [size = []] = await probe(path, "stream=width,height", "error");
    const [width = 0, height = 0] = size.map(Number);
    const { stdout } = await new Deno.Command("ffmpeg", {
      args: [
        ...["-v", "error", "-i", path, "-fps_mode", "passthrough"],
        ...["-f", "rawvideo", "-pix_fmt", "gray", "-"],
      ],
    }).output();
    return Array.from({ length: stdout.length / (width * height) }, (_, index) => ({
      data: stdout.subarray(index * width * height, (index + 1) * width * height),
      width,
      height,
    }));
  } finally {
    await Deno.remove(path);
  }
}

/** What ffprobe says, a row for each stream, frame or packet; it must not complain. */
export async function probe(
  path: string,
  entries: string,
  level: "error" | "warning" = "warning",
): Promise<string[][]> {
  const { stdout, stderr } = await new Deno.Command("ffprobe", {
    args: ["-v", level, "-show_entries", entries, "-of", "csv=p=0", path],
  }).output();
  const complaint = new TextDecoder().decode(stderr);
  if (complaint !== "") throw new Error(`ffprobe says of ${path}: ${complaint}`);
  const lines = new TextDecoder().decode(stdout).trim().split("\n");
  return lines.map((line) => line.split(","));
}
