/** Budget for messages that answer no call: log lines, and memory reports. */

import { maxLinesPerSecond } from "../guest/guest_log.ts";
import { PerSecond } from "./per_second.ts";

/** Bytes of JSON in one: a line of a log and a stack, escaped at its worst. */
export const maxUnaskedBytes = 64 * 1024;
/** Bytes in a second, for the plugin and for each of its instances: parsing them takes 10 ms. */
const bytesPerSecond = 2 ** 20;
/** However many instances there are. */
const mostBytesPerSecond = 8 * bytesPerSecond;
/** So many in a second are meant to keep the host busy. */
const floodPerSecond = 2000;
/** The same where more instances log what they may. */
const floodFactor = 4;

/** Counts it, second by second. */
export class UnaskedBudget {
  readonly #messages = new PerSecond();
  readonly #bytes = new PerSecond();

  /** Counts one message of a guest with so many instances; what is wrong with it, null = nothing. */
  add(byteLength: number, instances: number): string | null {
    if (byteLength > maxUnaskedBytes) {
      return `it sent ${byteLength} bytes that answer no call, allowed are up to ${maxUnaskedBytes}`;
    }
    const count = this.#messages.add();
    if (count > Math.max(floodPerSecond, floodFactor * linesPerSecond(instances))) {
      return `it sent ${count} messages within a second`;
    }
    const total = this.#bytes.add(byteLength);
    if (total > Math.min((instances + 1) * bytesPerSecond, mostBytesPerSecond)) {
      return `it sent ${total} bytes within a second`;
    }
    return null;
  }
}

/** A guest keeps to it by itself, with a line on what it left out; past it speaks the plugin. */
export function linesPerSecond(instances: number): number {
  return (maxLinesPerSecond + 1) * (instances + 1);
}
