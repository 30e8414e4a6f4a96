/** The packets that clips are made of, wherever they are, and where a clip can end. */

import type { CameraPacket, CodecParameters } from "../frame/camera_packet.ts";
import type { StreamNote } from "./hide_between.ts";
import type { PictureGroup } from "./packet_ring.ts";

/** A box of a clip, as it stands in its JSON. */
export interface ClipBox {
  readonly label: string;
  readonly confidence: number;
  readonly track_id?: number;
  /** Fractions of the picture. */
  readonly box: {
    readonly x: number;
    readonly y: number;
    readonly width: number;
    readonly height: number;
  };
}

/** Boxes of a frame, by the camera's own clock. */
export interface ClipFrame {
  readonly stampMs: number;
  readonly boxes: readonly ClipBox[];
}

/** Frames by the stream that told them. */
export type FramesByStream = Readonly<Record<string, readonly ClipFrame[]>>;

/** A group of pictures in memory or on disk, and the boxes on its frames. */
export interface ClipGroup {
  readonly run: number;
  readonly parameters: CodecParameters;
  /** `ptsMs` of its key frame. */
  readonly startMs: number;
  /** `ptsMs` of its pictures, in the order of decoding. */
  readonly pictures: readonly number[];
  packets(): readonly CameraPacket[] | Promise<readonly CameraPacket[]>;
  frames(): Promise<FramesByStream>;
  /** What is to be hidden on its frames. */
  readonly notes: readonly StreamNote[];
}

/** A group that is still in the ring, which does not say what was found in it. */
export function inMemory(group: PictureGroup): ClipGroup {
  const { run, parameters, startMs } = group;
  const packets = [...group.packets];
  return {
    run,
    parameters,
    startMs,
    pictures: packets.flatMap(({ kind, ptsMs }) => kind === "video" ? [ptsMs] : []),
    packets: () => packets,
    frames: () => Promise.resolve({}),
    notes: [],
  };
}

/** Time stamps were rounded in other ways. */
const toleranceMs = 1;

/** Groups that end with the last picture of a clip. */
export interface CutGroups {
  readonly groups: readonly ClipGroup[];
  /** `ptsMs` of that picture. */
  readonly lastMs: number;
}

/** A group without pictures that are shown before its key frame: they need the group before it. */
export function withoutLeading(group: ClipGroup): ClipGroup {
  const isLeading = (ptsMs: number) => ptsMs < group.startMs - toleranceMs;
  if (!group.pictures.some(isLeading)) return group;
  return partOf(
    group,
    group.pictures.filter((ptsMs) => !isLeading(ptsMs)),
    async () => (await group.packets()).filter(({ ptsMs }) => !isLeading(ptsMs)),
  );
}

function partOf(
  group: ClipGroup,
  pictures: readonly number[],
  packets: ClipGroup["packets"],
): ClipGroup {
  const { run, parameters, startMs, notes } = group;
  return { run, parameters, startMs, notes, pictures, packets, frames: () => group.frames() };
}

/**
 * Ends a clip with the picture at or before `endMs`. Where pictures are sent before ones that are
 * shown earlier (B-frames), it ends with the nearest one before or after which none is missing.
 */
export function cutGroups(groups: readonly ClipGroup[], endMs: number): CutGroups {
  const pictures = groups.flatMap((group, index) =>
    group.pictures.map((ptsMs, place) => ({ ptsMs, index, place }))
  );
  const isLate = ({ ptsMs }: { readonly ptsMs: number }) => ptsMs > endMs + toleranceMs;
  let best = pictures[0]!;
  let isOrdered = true;
  let latest = best;
  const earliestAfter = new Array<number>(pictures.length).fill(Infinity);
  for (let at = pictures.length - 1; at > 0; at--) {
    earliestAfter[at - 1] = Math.min(earliestAfter[at]!, pictures[at]!.ptsMs);
  }
  for (const [at, picture] of pictures.entries()) {
    if (picture.ptsMs < latest.ptsMs) isOrdered = false;
    else latest = picture;
    if (latest.ptsMs > earliestAfter[at]!) continue;
    // From here on all that was sent has been shown.
    const end = { ...picture, ptsMs: latest.ptsMs };
    const isNearer = Math.abs(end.ptsMs - endMs) < Math.abs(best.ptsMs - endMs);
    if (!isLate(end) || !isOrdered && isNearer) best = end;
    if (isLate(end)) break;
  }
  const kept = groups.slice(0, best.index + 1).map((group, index) =>
    index < best.index ? group : firstOf(group, best.place + 1)
  );
  return { groups: kept, lastMs: best.ptsMs };
}

/** So many pictures of a group, and the sound among them. */
function firstOf(group: ClipGroup, count: number): ClipGroup {
  if (count === group.pictures.length) return group;
  return partOf(group, group.pictures.slice(0, count), async () => {
    let pictures = 0;
    return (await group.packets()).filter(({ kind }) =>
      kind === "video" ? ++pictures <= count : pictures <= count
    );
  });
}

/** Whether pictures are sent before ones that are shown earlier. */
export function isReordered(groups: readonly ClipGroup[]): boolean {
  return groups.some(({ pictures }) => pictures.some((ms, index) => ms < pictures[index - 1]!));
}
