/** The camera's last pictures at their full size, as files in memory. */

import { statfsSync } from "node:fs";
import { dirname, join } from "node:path";
import type { CutPixels, FrameFormat, FullPicture, Region } from "../../frame/frame.ts";
import { maskUrl } from "../../log/mask.ts";
import { fixedSocketPath } from "../../private_socket.ts";
import type { FolderGuard } from "../../process_guard.ts";
import type { PixelSize } from "../lines/ffmpeg_line.ts";
import { wholeFromPart } from "./crop.ts";
import { type PixelRect, sampleYuv, type YuvPicture } from "./sample_yuv.ts";

/** Pictures for which there must be room: the one that ffmpeg may be writing, and the next. */
const ahead = 2;
/** Bytes that the pictures of one camera may take, as far as `fewest` allows. */
const mostBytes = 64 * 1024 * 1024;
const fewest = 4;
const most = 32;
/** A picture's line may come a moment before its file is there: so often it is looked for. */
const attempts = 20;
const attemptMs = 5;

/** What the pixels of a picture are like. */
export interface FullPixels {
  readonly size: PixelSize;
  /** Width over height of one as it is shown. */
  readonly pixelRatio: number;
}

/**
 * Folders that ffmpeg writes each picture into, YUV 4:2:0, one file each, in frame order. Of these
 * no more is read than the rows that are needed, so that no full-size frame comes into JavaScript.
 */
export class FullPictures implements AsyncDisposable {
  readonly #root: string;
  readonly #live: boolean;
  readonly #guard: FolderGuard;
  readonly #folders = new Set<PictureFolder>();
  #begun = 0;

  private constructor(root: string, live: boolean, guard: FolderGuard) {
    this.#root = root;
    this.#live = live;
    this.#guard = guard;
    guard.addFolder(root);
  }

  /** `live`: pictures do not wait for their readers. `name`: see {@link pictureFolderName}. */
  static async open(name: string, live: boolean, guard: FolderGuard): Promise<FullPictures> {
    return new FullPictures(await makeFolder(name), live, guard);
  }

  /**
   * A folder for one run of ffmpeg. What is left of a run that has ended stays until the next one,
   * since its last frames may still be under way.
   */
  async begin(): Promise<PictureFolder> {
    for (const folder of this.#folders) {
      if (!folder.ended) continue;
      this.#folders.delete(folder);
      await Deno.remove(folder.path, { recursive: true });
    }
    const folder = new PictureFolder(join(this.#root, String(this.#begun++)), this.#live);
    await Deno.mkdir(folder.path);
    this.#folders.add(folder);
    return folder;
  }

  /** To be called when every ffmpeg has ended, and its pictures are not wanted any more. */
  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.#root, { recursive: true });
    this.#guard.removeFolder(this.#root);
  }
}

/** The newest pictures of one run. A file goes as soon as its last user has done with it. */
export class PictureFolder implements Disposable {
  readonly path: string;
  readonly #live: boolean;
  /** How many have not done with a picture yet, by its number, the oldest first. */
  readonly #users = new Map<number, number>();
  /** Branches whose frames lead here. */
  #branches = 0;
  /** Number of the oldest file that may be there. */
  #oldest = 0;
  #ended = false;

  constructor(path: string, live: boolean) {
    this.path = path;
    this.#live = live;
  }

  /** ffmpeg writes no more. */
  get ended(): boolean {
    return this.#ended;
  }

  /** What ffmpeg is to call the files. */
  get pattern(): string {
    return join(this.path, "%d.yuv");
  }

  /** One more branch whose frames lead here. */
  enter(): void {
    this.#branches++;
  }

  /**
   * Picture `index`, which shows `place` of the camera's picture. Those of a camera do not wait:
   * the oldest go even if they are still wanted.
   */
  picture(index: number, pixels: FullPixels, place: Region): FullPicture {
    const { size } = pixels;
    if (!this.#users.has(index)) this.#users.set(index, this.#branches);
    const fit = Math.floor(mostBytes / yuvBytes(size));
    const kept = this.#live ? Math.min(most, Math.max(fewest, fit)) : Infinity;
    for (; this.#oldest <= index - kept; this.#oldest++) this.#remove(this.#oldest);
    if (this.#live) this.#makeRoom(index, ahead * yuvBytes(size));
    return {
      crop: (region, format) => {
        if (!this.#users.has(index)) return Promise.resolve(null);
        return cropFile(this.#file(index), pixels, place, region, format);
      },
      release: () => {
        const users = this.#users.get(index) ?? 0;
        if (users > 1) this.#users.set(index, users - 1);
        else if (users === 1) this.#remove(index);
      },
    };
  }

  /** Docker gives `/dev/shm` 64 MB, and other cameras keep their pictures there too. */
  #makeRoom(index: number, bytes: number): void {
    while (this.#oldest < index && freeBytes(this.path) < bytes) {
      const oldest = this.#oldest++;
      if (!this.#users.delete(oldest)) continue;
      try {
        // At once, so that the room can be seen.
        Deno.removeSync(this.#file(oldest));
      } catch (error) {
        if (!(error instanceof Deno.errors.NotFound)) throw error;
      }
    }
  }

  #remove(index: number): void {
    if (!this.#users.delete(index)) return;
    // It may never have been written, and the folder goes in the end.
    Deno.remove(this.#file(index)).catch(() => undefined);
  }

  [Symbol.dispose](): void {
    this.#ended = true;
  }

  #file(index: number): string {
    return join(this.path, `${index}.yuv`);
  }
}

/** Room where the folder lies; where we may not ask, there is enough. */
function freeBytes(path: string): number {
  try {
    const { bavail, bsize } = statfsSync(path);
    return bavail * bsize;
  } catch {
    return Infinity;
  }
}

/** Unlike that of any other camera on this machine. */
export function pictureFolderName(camera: string, url: string): string {
  return `pictures of ${camera} ${maskUrl(url)}`;
}

/**
 * In memory where the system has a folder for that, and Deno lets us in, which takes all permissions;
 * else where temporary files lie, under a path that could be known before where it has to be.
 */
async function makeFolder(name: string): Promise<string> {
  for (const options of [{ dir: "/dev/shm", prefix: "sightline-" }, { prefix: "sightline-" }]) {
    try {
      return await Deno.makeTempDir(options);
    } catch {
      // The next one, then.
    }
  }
  const path = dirname(fixedSocketPath(name));
  await Deno.remove(path, { recursive: true }).catch((error) => {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  });
  await Deno.mkdir(path, { mode: 0o700 });
  return path;
}

function yuvBytes({ width, height }: PixelSize): number {
  return width * height + 2 * Math.ceil(width / 2) * Math.ceil(height / 2);
}

/** Null when the picture is no longer there, or never was. */
async function cropFile(
  path: string,
  { size, pixelRatio }: FullPixels,
  place: Region,
  region: Region,
  format: FrameFormat,
): Promise<CutPixels | null> {
  const rect = pixelRect(size, place, region);
  for (let attempt = 0; attempt < attempts; attempt++) {
    const picture = readRows(path, size, rect);
    if (picture === "changed") return null;
    if (picture !== "absent") {
      const { firstRow } = picture;
      const inRows = { ...rect, y: rect.y - firstRow };
      const { shown, ...pixels } = sampleYuv(picture, inRows, format, pixelRatio);
      // Where what was cut out lies in the camera's picture.
      const cut: Region = {
        x: place.x + rect.x / size.width * place.width,
        y: place.y + rect.y / size.height * place.height,
        width: rect.width / size.width * place.width,
        height: rect.height / size.height * place.height,
      };
      return { ...pixels, contentRect: wholeFromPart(shown, cut) };
    }
    await new Promise((resolve) => setTimeout(resolve, attemptMs));
  }
  return null;
}

/** From fractions of the camera's picture to pixels of what is in the file. */
function pixelRect({ width, height }: PixelSize, place: Region, region: Region): PixelRect {
  const left = (region.x - place.x) / place.width * width;
  const top = (region.y - place.y) / place.height * height;
  const x = clamp(Math.floor(left), 0, width - 1);
  const y = clamp(Math.floor(top), 0, height - 1);
  const right = left + region.width / place.width * width;
  const bottom = top + region.height / place.height * height;
  return {
    x,
    y,
    width: clamp(Math.ceil(right), x + 1, width) - x,
    height: clamp(Math.ceil(bottom), y + 1, height) - y,
  };
}

/**
 * The rows of `rect`, of all three planes; the first of them has an even number. Read without
 * waiting: the files are in memory, and a round trip through a thread costs more than the copy.
 */
function readRows(
  path: string,
  { width, height }: PixelSize,
  { y, height: rows }: PixelRect,
): (YuvPicture & { readonly firstRow: number }) | "absent" | "changed" {
  using file = openIfThere(path);
  if (file === null) return "absent";
  // The camera has just changed its size.
  if (file.statSync().size !== yuvBytes({ width, height })) return "changed";
  const firstRow = y - y % 2;
  const half = { width: Math.ceil(width / 2), height: Math.ceil(height / 2) };
  const chromaRows = Math.ceil((y + rows) / 2) - firstRow / 2;
  const chromaAt = width * height + firstRow / 2 * half.width;
  const chromaBytes = chromaRows * half.width;
  const lumaBytes = (y + rows - firstRow) * width;
  const memory = scratchOf(lumaBytes + 2 * chromaBytes);
  const [u, v] = [lumaBytes, lumaBytes + chromaBytes];
  return {
    firstRow,
    width,
    luma: readAt(file, firstRow * width, memory.subarray(0, u)),
    chromaWidth: half.width,
    u: readAt(file, chromaAt, memory.subarray(u, v)),
    v: readAt(
      file,
      chromaAt + half.width * half.height,
      memory.subarray(v, lumaBytes + 2 * chromaBytes),
    ),
  };
}

function openIfThere(path: string): Deno.FsFile | null {
  try {
    return Deno.openSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
}

/** Rows are read into it and sampled at once, so one does for all; new memory for each costs more. */
let scratch = new Uint8Array(0);

function scratchOf(bytes: number): Uint8Array {
  if (scratch.length < bytes) scratch = new Uint8Array(bytes);
  return scratch;
}

function readAt(file: Deno.FsFile, at: number, bytes: Uint8Array): Uint8Array {
  file.seekSync(at, Deno.SeekMode.Start);
  for (let filled = 0; filled < bytes.length;) {
    const count = file.readSync(bytes.subarray(filled));
    if (count === null) break;
    filled += count;
  }
  return bytes;
}

function clamp(value: number, least: number, most: number): number {
  return Math.min(most, Math.max(least, value));
}
