/** A process's stderr through a named pipe, whose reading can be deferred. */

import { closeSync, constants, openSync, readSync } from "node:fs";
import { join } from "node:path";
import { type LineListener, LineSplitter } from "../../log/line_splitter.ts";
import { Watchdog } from "../watchdog.ts";

/** More than ffmpeg says of a few frames. */
const bufferBytes = 16_384;

/**
 * Reading is deferred for no longer than this. A decoder that has lost its way complains a lot and
 * gives no frame, and once the pipe is full ffmpeg would wait for us as we do for it.
 */
const longestDeferralMs = 250;

/**
 * So many are open at a time. Each keeps one of Deno's threads waiting, of which there are 32 in all:
 * without one, no file is opened and no name is looked up.
 */
const mostOpen = 24;
let openNow = 0;

/** Who listens to a {@link LinePipe}. */
export interface PipeListener extends LineListener {
  /**
   * Whether the next lines can wait for {@link LinePipe.drainPending}. Asked after each reading.
   * @default {they cannot}
   */
  canDefer?(): boolean;
}

/**
 * Standard error of one process. Deno's own pipes wake the event loop for every line, whether
 * it is read or not, and ffmpeg writes a dozen for each frame, most of which say nothing that
 * is needed before the frame's pixels are there. So a thread waits for lines only as long as the
 * listener wants to know when they come; what is written meanwhile is read in one go when it is
 * needed, which costs neither a thread nor a promise.
 */
export class LinePipe implements Disposable {
  readonly path: string;
  readonly #buffer = new Uint8Array(bufferBytes);
  /** Reading it waits, in a thread of Deno's, until there are lines or no writer is left. */
  readonly #waiting: Deno.FsFile;
  /** Reading it never waits. */
  readonly #ready: number;
  /** Ours, so that the pipe does not end before the process has come. */
  #writer: Deno.FsFile | null;
  /** Null before {@link listen}. */
  #listening: { readonly listener: PipeListener; readonly splitter: LineSplitter } | null = null;
  #isWaiting = false;
  #listenOn: (() => void) | null = null;
  readonly #alarm = new Watchdog(longestDeferralMs, () => this.#goOn());
  #ended = false;
  #disposed = false;

  private constructor(path: string) {
    this.path = path;
    // Writing and reading: such a file does not wait for the other side to come.
    this.#writer = Deno.openSync(path, { read: true, write: true });
    this.#waiting = Deno.openSync(path, { read: true });
    this.#ready = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  }

  /**
   * Makes the pipe in a folder that only our user may enter; null where there are no such pipes, or
   * enough of them.
   */
  static async make(folder: string): Promise<LinePipe | null> {
    if (Deno.build.os === "windows" || openNow >= mostOpen) return null;
    openNow++;
    try {
      const pipe = await LinePipe.#make(folder);
      if (pipe === null) openNow--;
      return pipe;
    } catch (error) {
      openNow--;
      throw error;
    }
  }

  static async #make(folder: string): Promise<LinePipe | null> {
    const path = join(folder, "lines");
    const { success } = await new Deno.Command("sh", {
      args: ["-c", 'exec mkfifo -m 600 "$0"', path],
      stdin: "null",
      stdout: "null",
      stderr: "null",
    }).output();
    return success ? new LinePipe(path) : null;
  }

  /** Resolves after the last line, once {@link end} was called. To be called once. */
  async listen(listener: PipeListener): Promise<void> {
    const splitter = new LineSplitter(listener);
    this.#listening = { listener, splitter };
    const buffer = new Uint8Array(bufferBytes);
    for (;;) {
      if (!this.#ended && listener.canDefer?.()) {
        this.#alarm.feed();
        await new Promise<void>((resolve) => this.#listenOn = resolve);
        this.#alarm.rest();
      }
      this.#isWaiting = true;
      const count = await this.#waiting.read(buffer);
      this.#isWaiting = false;
      if (count === null) break;
      this.#push(buffer.subarray(0, count));
    }
    splitter.end();
  }

  /**
   * Reads at once what was deferred, until there is `enough`. If that is not written yet, the thread
   * waits for lines again.
   */
  drainPending(enough: () => boolean): void {
    while (!enough()) {
      // Then these lines come by the thread.
      if (this.#isWaiting) return;
      if (!this.#readReady()) return this.#goOn();
    }
    if (!this.#isWaiting && !this.#listening?.listener.canDefer?.()) this.#goOn();
  }

  /** The process has ended: nothing more will be said. */
  end(): void {
    this.#ended = true;
    this.#closeWriter();
    this.#goOn();
  }

  /** To be called once {@link listen} has resolved, or when it was never called. */
  [Symbol.dispose](): void {
    if (this.#disposed) return;
    this.#disposed = true;
    openNow--;
    this.#alarm[Symbol.dispose]();
    this.#closeWriter();
    this.#waiting.close();
    closeSync(this.#ready);
  }

  /** False when there is nothing to read. */
  #readReady(): boolean {
    let count: number;
    try {
      count = readSync(this.#ready, this.#buffer);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "EAGAIN") return false;
      throw error;
    }
    if (count > 0) this.#push(this.#buffer.subarray(0, count));
    return count > 0;
  }

  #push(bytes: Uint8Array): void {
    // Who has spoken has come.
    this.#closeWriter();
    this.#listening?.splitter.push(bytes);
  }

  #goOn(): void {
    this.#listenOn?.();
    this.#listenOn = null;
  }

  #closeWriter(): void {
    this.#writer?.close();
    this.#writer = null;
  }
}
