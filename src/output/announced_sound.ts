/** Whether a camera that announces sound sends any. */

import { pause } from "../backoff.ts";
import type { CodecParameters } from "../frame/camera_packet.ts";

/** So long the first of it is awaited: cameras send some fifty packets a second. */
const patienceMs = 1000;

/** ffmpeg waits for announced sound, and writes no picture before it comes. */
export class AnnouncedSound {
  /** Aborted when some has come. */
  #arrival = new AbortController();

  /** Whether some has come since it was to be confirmed. */
  get isThere(): boolean {
    return this.#arrival.signal.aborted;
  }

  /** A packet of it has come. */
  came(): void {
    this.#arrival.abort();
  }

  /** The same parameters; those of the video alone where no sound comes now. */
  async confirm(parameters: CodecParameters): Promise<CodecParameters> {
    this.#arrival = new AbortController();
    const { signal } = this.#arrival;
    if (parameters.audio === null) return parameters;
    await pause(patienceMs, signal);
    return signal.aborted ? parameters : { ...parameters, audio: null };
  }
}
