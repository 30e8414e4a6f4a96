/** The picture of an event as it is asked for: cut out, with its box, smaller. */

import type { SightlineEvent } from "../events/event.ts";
import type { Box } from "../frame/analysis.ts";
import { quiet, toJpeg } from "./ffmpeg_args.ts";
import { runFfmpeg, type RunOptions } from "./make_snapshot.ts";

/** What is asked for. */
export interface SnapshotLook {
  /** Only the object, and some of what is around it. */
  readonly crop: boolean;
  /** With its box. */
  readonly box: boolean;
  /** Pixels at most; undefined = as many as there are. */
  readonly height?: number | undefined;
}

/** What is shown around an object, as a share of its box on each side. */
const around = 0.25;
/** What is cut out is so large at least, as a share of the picture. */
const leastCut = 0.02;

/** Null for an event that is about no object in particular. */
export function boxOf({ object, data }: SightlineEvent): Box | null {
  // Of an object the best frame is shown, not the one that the event itself is about.
  const { best } = (data ?? {}) as { readonly best?: { readonly box?: unknown } | null };
  return isBox(best?.box) ? best.box : object?.box ?? null;
}

/** The sender of an event may write anything there, and the numbers become filters of ffmpeg. */
function isBox(value: unknown): value is Box {
  if (typeof value !== "object" || value === null) return false;
  const { x, y, width, height } = value as Record<string, unknown>;
  return [x, y, width, height].every((side) => typeof side === "number" && Math.abs(side) <= 10);
}

/** A JPEG made of another one. @throws {Error} when it is none */
export async function renderSnapshot(
  jpeg: Uint8Array<ArrayBuffer>,
  event: SightlineEvent,
  look: SnapshotLook,
  options: RunOptions,
): Promise<Uint8Array<ArrayBuffer>> {
  const filters = lookFilters(boxOf(event), look);
  if (filters.length === 0) return jpeg;
  const args = [
    ...quiet,
    ...["-threads", "1", "-f", "jpeg_pipe", "-i", "pipe:0", "-filter:v", filters.join(",")],
    ...toJpeg,
  ];
  return await runFfmpeg(args, [jpeg], options);
}

/** Filters of ffmpeg; none when the picture is wanted as it is. */
export function lookFilters(box: Box | null, look: SnapshotLook): string[] {
  const { crop, box: isDrawn, height } = look;
  const filters = [];
  if (box !== null && isDrawn) {
    const { x, y, width, height } = box;
    const place = `x=iw*${x}:y=ih*${y}:w=iw*${width}:h=ih*${height}`;
    filters.push(`drawbox=${place}:color=0x00e676:t='max(2,ih/240)'`);
  }
  if (box !== null && crop) {
    const { x, y, width, height } = cutOf(box);
    filters.push(`crop=w=iw*${width}:h=ih*${height}:x=iw*${x}:y=ih*${y}`);
  }
  if (height !== undefined) filters.push(`scale=w=-2:h='min(ih,${height})'`);
  return filters;
}

/** The box with some of what is around it, within the picture. */
function cutOf({ x, y, width, height }: Box): Box {
  const wide = Math.min(1, Math.max(leastCut, width * (1 + 2 * around)));
  const high = Math.min(1, Math.max(leastCut, height * (1 + 2 * around)));
  const within = (middle: number, size: number) =>
    Math.min(1 - size, Math.max(0, middle - size / 2));
  return {
    x: within(x + width / 2, wide),
    y: within(y + height / 2, high),
    width: wide,
    height: high,
  };
}
