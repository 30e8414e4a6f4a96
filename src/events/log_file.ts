/** The file of an event log on a disk that fills up, breaks, or is taken away. */

import { dirname } from "node:path";
import { EventStore } from "./event_store.ts";
import { isDamage, salvage, type Salvaged } from "./salvage.ts";

/** SQLite's numbers for a full disk: of the file, and of the memory that its readers share with its writer. */
const fullDisk: ReadonlySet<unknown> = new Set([13, 4874]);
/**
 * Kept free, so that on a full disk there is room to remove something: what stands in the write-ahead
 * log, up to 4 MB and a transaction, may have to be brought into the file before.
 */
const reserveBytes = 8 * 1024 * 1024;
/** Is left free besides, or there would be no room for the very next events. */
const roomBytes = 1024 * 1024;
const pieceBytes = 64 * 1024;
/** On a disk that was full, how often it is looked whether there is room again for what is kept free. */
const reserveEveryMs = 60_000;
/** Events that are removed at once to make room. */
const bite = 500;
/** How often it is looked whether the file is still there. */
const lookEveryMs = 1000;

/** Owns the store that is written, and opens another where that one is lost. */
export class LogFile implements Disposable {
  readonly #path: string;
  readonly #onReplaced: (salvaged: Salvaged | null) => void;
  #store: EventStore;
  #inode: number | null;
  #lookAtMs = 0;
  #reserveAtMs = 0;

  private constructor(
    path: string,
    store: EventStore,
    onReplaced: (salvaged: Salvaged | null) => void,
  ) {
    this.#path = path;
    this.#store = store;
    this.#inode = inodeOf(path);
    this.#onReplaced = onReplaced;
    this.#reserve();
  }

  /**
   * Opens the file, or makes it; one that is damaged is put aside, and what can be read is saved.
   * @throws {Error} naming it, when the disk is full and nothing is kept free any more
   */
  static open(
    path: string,
    onReplaced: (salvaged: Salvaged | null) => void,
  ): { readonly file: LogFile; readonly salvaged: Salvaged | null } {
    let salvaged: Salvaged | null = null;
    const store = withRoom(path, () => {
      try {
        return new EventStore(path);
      } catch (error) {
        if (!isDamage(error)) throw error;
        salvaged = salvage(path, new Date());
        return new EventStore(path);
      }
    }, () => {
      throw new Error(`Cannot open the event log ${path}: the disk is full`);
    });
    return { file: new LogFile(path, store, onReplaced), salvaged };
  }

  /** Works with the store, on another one where this one turns out to be damaged. */
  use<T>(work: (store: EventStore) => T): T {
    this.#look();
    try {
      return work(this.#store);
    } catch (error) {
      if (isDamage(error)) {
        this.#store[Symbol.dispose]();
        const salvaged = salvage(this.#path, new Date());
        this.#reopen(salvaged);
      } else if (isFullDisk(error)) {
        this.#makeRoom();
      } else throw error;
      return work(this.#store);
    }
  }

  [Symbol.dispose](): void {
    this.#store[Symbol.dispose]();
  }

  /** A file that was removed goes on being written by those who have it open, and is read no more. */
  #look(): void {
    const nowMs = performance.now();
    if (nowMs < this.#lookAtMs) return;
    this.#lookAtMs = nowMs + lookEveryMs;
    if (nowMs >= this.#reserveAtMs) this.#reserve();
    if (this.#inode === null || inodeOf(this.#path) === this.#inode) return;
    this.#store[Symbol.dispose]();
    Deno.mkdirSync(dirname(this.#path), { recursive: true, mode: 0o700 });
    this.#reopen(null);
  }

  #reopen(salvaged: Salvaged | null): void {
    this.#store = new EventStore(this.#path);
    this.#inode = inodeOf(this.#path);
    this.#reserve();
    this.#onReplaced(salvaged);
  }

  /** What is oldest makes room for what is new. */
  #makeRoom(): void {
    // What lies in the write-ahead log first: it may be what takes the room.
    attempt(() => this.#store.checkpoint());
    withRoom(this.#path, () => {
      attempt(() => this.#store.checkpoint());
      this.#store.removeOldest(bite);
      this.#store.shrink();
    }, () => this.#store.media.removeOldest(reserveBytes));
    this.#reserve();
  }

  /** Takes what is free for it, as far as something is left for the next events. */
  #reserve(): void {
    this.#reserveAtMs = performance.now() + reserveEveryMs;
    const path = reserveOf(this.#path);
    try {
      using file = Deno.openSync(path, { write: true, create: true });
      let { size } = file.statSync();
      if (size === reserveBytes) return;
      file.seekSync(size, Deno.SeekMode.Start);
      try {
        const piece = new Uint8Array(pieceBytes);
        while (size < reserveBytes + roomBytes) size += file.writeSync(piece);
      } finally {
        file.truncateSync(Math.min(reserveBytes, Math.max(0, size - roomBytes)));
      }
    } catch {
      // The disk is full, or may not be written: there is less of it, or none.
    }
  }
}

/** On a full disk once more, with what is kept free for that; where that is taken, with `makeRoom`. */
function withRoom<T>(path: string, work: () => T, makeRoom?: () => void): T {
  try {
    return work();
  } catch (error) {
    if (!isFullDisk(error)) throw error;
  }
  remove(reserveOf(path));
  try {
    return work();
  } catch (error) {
    if (!isFullDisk(error) || makeRoom === undefined) throw error;
  }
  makeRoom();
  return work();
}

function isFullDisk(error: unknown): boolean {
  return fullDisk.has((error as { readonly errcode?: number }).errcode);
}

function attempt(work: () => void): void {
  try {
    work();
  } catch {
    // What follows shows whether there is room.
  }
}

function reserveOf(path: string): string {
  return `${path}.reserve`;
}

function remove(path: string): void {
  try {
    Deno.removeSync(path);
  } catch {
    // It was not there.
  }
}

function inodeOf(path: string): number | null {
  try {
    return Deno.statSync(path).ino;
  } catch {
    return null;
  }
}
