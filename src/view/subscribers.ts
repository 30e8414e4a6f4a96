/** The viewers of one size of picture, and the session that makes their pictures. */

import { Channel } from "../frame/channel.ts";
import type { EncodedPicture } from "./view_options.ts";
import type { ViewSession } from "./view_session.ts";

/** Viewers come and go, pages are reloaded: a session outlives its last viewer by so long. */
const lingerMs = 3000;

/** Starts a session for the first viewer, and ends it some time after the last. */
export class Subscribers implements AsyncDisposable {
  readonly #open: () => ViewSession;
  /** Of each viewer, with room for the newest picture alone. */
  readonly #slots = new Set<Channel<EncodedPicture>>();
  readonly #closing = new Set<Promise<void>>();
  #session: ViewSession | null = null;
  #linger: ReturnType<typeof setTimeout> | undefined;
  #disposed = false;

  constructor(open: () => ViewSession) {
    this.#open = open;
  }

  /** Null without viewers. */
  get session(): ViewSession | null {
    return this.#session;
  }

  /** How many watch now. */
  get size(): number {
    return this.#slots.size;
  }

  /** Hands a picture to every viewer. */
  show(picture: EncodedPicture): void {
    for (const slot of this.#slots) slot.send(picture);
  }

  /** Pictures from now on until the signal aborts, always the newest: a slow viewer misses some. */
  async *watch(signal: AbortSignal): AsyncGenerator<EncodedPicture> {
    if (signal.aborted || this.#disposed) return;
    const slot = new Channel<EncodedPicture>(1);
    // Also when the viewer never asks again, and so never comes back into this function.
    const leave = () => this.#remove(slot);
    signal.addEventListener("abort", leave);
    this.#slots.add(slot);
    try {
      clearTimeout(this.#linger);
      const session = this.#session ??= this.#open();
      if (session.latest !== null) slot.send(session.latest);
      for (let picture; (picture = await slot.receive()) !== null;) yield picture;
    } finally {
      signal.removeEventListener("abort", leave);
      leave();
    }
  }

  /** Ends every viewer and the session. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#disposed = true;
    for (const slot of this.#slots) close(slot);
    this.#end();
    await Promise.all(this.#closing);
  }

  #remove(slot: Channel<EncodedPicture>): void {
    close(slot);
    if (!this.#slots.delete(slot) || this.#slots.size > 0 || this.#disposed) return;
    this.#linger = setTimeout(() => this.#end(), lingerMs);
  }

  #end(): void {
    clearTimeout(this.#linger);
    const session = this.#session;
    if (session === null) return;
    this.#session = null;
    const closing = session[Symbol.asyncDispose]().finally(() => this.#closing.delete(closing));
    this.#closing.add(closing);
  }
}

/** A viewer that leaves gets no more pictures, the one that waits included. */
function close(slot: Channel<EncodedPicture>): void {
  slot.clear();
  slot.close();
}
