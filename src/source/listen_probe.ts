/** Notices that a camera has connected to the port at which ffmpeg waits, which ffmpeg does not say. */

import { type Address, hostAndPort } from "./address.ts";

/** Time that ffmpeg is given at least to take the port, in milliseconds. */
const shortestIntervalMs = 1000;

/** Port of `rtsp://` when the URL has none. */
const rtspPort = 554;
/** The same of `rtmp://`. */
const rtmpPort = 1935;

/**
 * Calls back once a camera has connected. ffmpeg takes one connection and then listens no more, so
 * the port can be listened at again; we do so for a moment, now and then, to see.
 */
export class ListenProbe implements Disposable {
  readonly #timer: ReturnType<typeof setInterval>;

  constructor(
    { kind, url }: Address,
    intervalMs: number,
    onConnected: () => void,
  ) {
    const address = hostAndPort(url, kind === "rtmp" ? rtmpPort : rtspPort);
    this.#timer = setInterval(() => {
      if (address === null || !isFree(address)) return;
      clearInterval(this.#timer);
      onConnected();
    }, Math.max(intervalMs, shortestIntervalMs));
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }
}

function isFree(address: Deno.TcpListenOptions): boolean {
  try {
    Deno.listen(address).close();
    return true;
  } catch {
    // In use, which is as it should be; or not for us to listen at, and then it cannot be known.
    return false;
  }
}
