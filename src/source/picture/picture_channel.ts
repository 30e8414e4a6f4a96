/** The way of raw pictures to or from an ffmpeg. */

import { PrivateSocket } from "../../private_socket.ts";
import type { FolderGuard } from "../../process_guard.ts";
import type { FfmpegProcess } from "../ffmpeg_process.ts";
import { type ByteSource, StreamSource } from "../read_frames.ts";

/** Takes bytes, one piece at a time. */
export interface ByteSink {
  /** Resolves when the system has taken all of it. @throws when the reader is gone */
  write(bytes: Uint8Array): Promise<void>;
  /** Nothing follows. @throws when the reader is gone */
  close(): Promise<void>;
}

/**
 * A Unix socket, which takes a third of the CPU that a pipe of Deno's does; the pipe where Sightline
 * may make no socket. To be disposed of after the process has ended.
 */
export class PictureChannel implements AsyncDisposable {
  readonly #pipe: string;
  readonly #socket: PrivateSocket | null;
  #woken: Promise<void> | null = null;

  private constructor(pipe: string, guard: FolderGuard) {
    this.#pipe = pipe;
    this.#socket = openSocket(guard);
  }

  /** Pictures for ffmpeg. */
  static to(guard: FolderGuard): PictureChannel {
    return new PictureChannel("pipe:0", guard);
  }

  /** Pictures of ffmpeg. */
  static from(guard: FolderGuard): PictureChannel {
    return new PictureChannel("pipe:1", guard);
  }

  /** What ffmpeg calls it. */
  get url(): string {
    return this.#socket === null ? this.#pipe : `unix:${this.#socket.path}`;
  }

  /** What ffmpeg's standard input, or output, is to be. */
  get stream(): "piped" | "null" {
    return this.#socket === null ? "piped" : "null";
  }

  /** What ffmpeg writes, once it begins; nothing when it ends before. */
  async source(process: FfmpegProcess): Promise<ByteSource & (Disposable | AsyncDisposable)> {
    return await this.#accept(process) ?? new StreamSource(process.stdout);
  }

  /** What ffmpeg reads, once it begins; it is gone when it ends before. */
  async sink(process: FfmpegProcess): Promise<ByteSink> {
    const connection = await this.#accept(process);
    if (connection === null) return process.stdin.getWriter();
    return {
      async write(bytes) {
        for (let at = 0; at < bytes.length;) at += await connection.write(bytes.subarray(at));
      },
      close: () => Promise.resolve(connection.close()),
    };
  }

  async #accept(process: FfmpegProcess): Promise<Deno.UnixConn | null> {
    const socket = this.#socket;
    if (socket === null) return null;
    this.#woken = process.ended.then(() => socket.wake());
    return await socket.accept();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#woken;
    await this.#socket?.[Symbol.asyncDispose]();
  }
}

/** Null where Sightline may not listen wherever it likes, or has no place for it. */
function openSocket(guard: FolderGuard): PrivateSocket | null {
  if (!PrivateSocket.mayBeAnywhere) return null;
  try {
    return PrivateSocket.open(guard);
  } catch {
    return null;
  }
}
