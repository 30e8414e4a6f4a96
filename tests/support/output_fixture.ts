/** Clips whose boxes tell which picture they belong to, and what is seen of them in what goes out. */

import { fileURLToPath } from "node:url";
import { frameNumber, numberedClip } from "./clips.ts";
import { colourAt, type DecodedPicture } from "./decoded.ts";
import { boxHeight, boxTop, places } from "./shifting_box_use_case.ts";

/** Of the clips, in pixels. */
export const size = { width: 320, height: 180 };
/** Draws the box. */
export const useCase = fileURLToPath(new URL("shifting_box_use_case.ts", import.meta.url));
/** Flags that have Sightline draw it. */
export const common = ["--no_model", "--use_case", useCase, "--isolation", "worker"];

/** 25 pictures a second, a key frame in ten. */
export const clipOf = (more: { frames: number; bFrames?: number }) =>
  numberedClip({ ...size, fps: 25, keyEvery: 10, ...more });

/** A folder that goes with the test. */
export async function tempDir(): Promise<{ readonly path: string } & AsyncDisposable> {
  const path = await Deno.makeTempDir({ prefix: "sightline-output-" });
  return { path, [Symbol.asyncDispose]: () => Deno.remove(path, { recursive: true }) };
}

/** The number that a picture of the clip carries. */
export const numberOf = ({ data }: DecodedPicture) => frameNumber(data, size.width, size.height, 3);

/** Where boxes stand in a picture. */
export function placesOf(picture: DecodedPicture): number[] {
  const y = (boxTop + boxHeight / 2) * size.height;
  return Array.from({ length: places }, (_, place) => place).filter((place) => {
    const left = place / places * size.width;
    // Both edges, two pixels wide each.
    return colourAt(picture, left + 1, y) > 60 &&
      colourAt(picture, left + size.width / places - 1, y) > 60;
  });
}

/** Pictures whose box stands elsewhere than their number says. */
export function misplaced(pictures: readonly DecodedPicture[]): string[] {
  return pictures.flatMap((picture, at) => {
    const number = numberOf(picture);
    const drawn = placesOf(picture);
    return drawn.length === 1 && drawn[0] === number % places
      ? []
      : [`picture ${at} with number ${number} has its box at ${drawn}`];
  });
}

/** White bars reach up to the edge where nothing hides them. */
export function showsClear({ data }: DecodedPicture, at: number): number[] {
  const row = data.subarray(10 * size.width * 3, 11 * size.width * 3);
  return Math.max(...row) < 60 ? [] : [at];
}
