/** A file, or named pipe, that lines are appended to: it follows its name, and closes torn lines. */

import { constants } from "node:fs";
import { open } from "node:fs/promises";
import type { LineTarget } from "./line_sink.ts";

/** A named pipe without a reader: nothing is wrong, and nothing can be written. */
export class NoReaderError extends Error {
  override readonly name = "NoReaderError";
}

/** Milliseconds between two looks whether the name still leads to the file. */
const lookMs = 1_000;

/** A pipe takes as much at once or nothing at all, so that what it took is known. */
export const atomicPipeBytes = 4096;

const lineFeed = 10;

/** What is open. */
interface Opened {
  /** Writes some of the bytes and tells how many; after a failure none were written. */
  write(bytes: Uint8Array): Promise<number>;
  stat(): Promise<Place>;
  close(): void | Promise<void>;
}

/** Where a file lies, and how far it was written. */
interface Place {
  readonly dev: number;
  readonly ino: number | null;
  readonly size: number;
  /** Not so a pipe or a device. */
  readonly isFile: boolean;
}

/**
 * What is renamed, deleted or replaced is opened again under its name, at most a second later, in
 * between two lines. After a failure a line goes on where it was broken off, if the file is still as
 * it was left; otherwise what lies there is closed by a line end, and the line begins again.
 */
export class AppendFile implements LineTarget {
  readonly #path: string;
  #opened: Opened | null = null;
  #lookAtMs = 0;
  /** How the file was left after a failure. */
  #left: Place | null = null;

  constructor(path: string) {
    this.#path = path;
  }

  ready(isMidLine: boolean): boolean | Promise<boolean> {
    if (this.#opened && (isMidLine || performance.now() < this.#lookAtMs)) return true;
    return this.#makeReady(isMidLine);
  }

  async write(bytes: Uint8Array): Promise<number> {
    try {
      return await this.#opened!.write(bytes);
    } catch (cause) {
      if (!(cause instanceof Deno.errors.WouldBlock)) await this.#leave();
      if (!(cause instanceof Deno.errors.BrokenPipe)) throw cause;
      throw new NoReaderError("the reader of this named pipe has gone", { cause });
    }
  }

  reopen(): void {
    this.#lookAtMs = 0;
  }

  async close(): Promise<void> {
    const opened = this.#opened;
    this.#opened = null;
    await opened?.close();
  }

  async #makeReady(isMidLine: boolean): Promise<boolean> {
    this.#lookAtMs = performance.now() + lookMs;
    if (this.#opened && await this.#isInPlace(this.#opened)) return true;
    await this.close();
    const opened = await openToAppend(this.#path);
    try {
      const now = await opened.stat();
      const goesOn = isMidLine && isSame(this.#left, now) && this.#left?.size === now.size;
      if (!goesOn && now.isFile && now.size > 0 && !await this.#endsInLineFeed()) {
        await opened.write(Uint8Array.of(lineFeed));
      }
      this.#opened = opened;
      return goesOn;
    } finally {
      if (this.#opened !== opened) await opened.close();
    }
  }

  async #isInPlace(opened: Opened): Promise<boolean> {
    try {
      return isSame(await Deno.stat(this.#path), await opened.stat());
    } catch (error) {
      // Who may not look keeps what is open.
      return error instanceof Deno.errors.NotCapable;
    }
  }

  /** False also when it cannot be read: an empty line is better than a lost one. */
  async #endsInLineFeed(): Promise<boolean> {
    try {
      using file = await Deno.open(this.#path);
      await file.seek(-1, Deno.SeekMode.End);
      const last = new Uint8Array(1);
      await file.read(last);
      return last[0] === lineFeed;
    } catch {
      return false;
    }
  }

  /** The next attempt opens it again. */
  async #leave(): Promise<void> {
    this.#left = await this.#opened?.stat().catch(() => null) ?? null;
    await this.close();
  }
}

function isSame(a: Pick<Place, "dev" | "ino"> | null, b: Pick<Place, "dev" | "ino">): boolean {
  return a !== null && a.dev === b.dev && a.ino === b.ino;
}

async function openToAppend(path: string): Promise<Opened> {
  const there = await Deno.stat(path).catch(() => null);
  return there?.isFifo
    ? await openPipe(path)
    : await Deno.open(path, { append: true, create: true });
}

/** Deno's own `open` waits for a reader, for ever; so would a write to a pipe that is full. */
async function openPipe(path: string): Promise<Opened> {
  const handle = await open(path, constants.O_WRONLY | constants.O_NONBLOCK).catch((cause) => {
    if (cause.code !== "ENXIO") throw cause;
    throw new NoReaderError("nothing reads this named pipe", { cause });
  });
  return {
    // Of more, Deno's `node:fs` does not tell what was written before it failed.
    write: async (bytes) => (await handle.write(bytes.subarray(0, atomicPipeBytes))).bytesWritten,
    stat: async () => {
      const { dev, ino } = await handle.stat();
      return { dev, ino, size: 0, isFile: false };
    },
    close: () => handle.close(),
  };
}
