/** Motion JPEG over HTTP (`multipart/x-mixed-replace`). */

import type { FeedPace } from "./feed_pace.ts";

/** Between two pictures. */
const boundary = "sightline-picture";

/** What the answer is called in its header. */
export const mjpegContentType = `multipart/x-mixed-replace; boundary=${boundary}`;

/**
 * Holds one picture at most: the next is taken when `pace` has room for it, and then it is the newest.
 * A viewer that takes nothing for `patienceMs` is given up: `onStuck` is called, as the connection
 * cannot be written to and is to be cut. `onEnd` is called once, at whatever end.
 */
export function mjpegStream(
  pictures: AsyncIterable<Uint8Array>,
  pace: FeedPace,
  patienceMs: number,
  onEnd: () => void,
  onStuck: () => void,
): ReadableStream<Uint8Array> {
  const ending = new AbortController();
  /** Of the last picture; the next will be about as large. */
  let bytes = 0;
  const iterator = pictures[Symbol.asyncIterator]();
  const encoder = new TextEncoder();
  let stuck: ReturnType<typeof setTimeout> | undefined;
  let prefix = `--${boundary}\r\n`;
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      await pace.room(bytes, ending.signal);
      if (ending.signal.aborted) return;
      clearTimeout(stuck);
      const { value, done } = await iterator.next();
      if (done) {
        onEnd();
        return controller.close();
      }
      const head = encoder.encode(
        `${prefix}content-type: image/jpeg\r\ncontent-length: ${value.length}\r\n\r\n`,
      );
      // Browsers show a picture when they see the boundary behind it, so it comes along.
      const tail = encoder.encode(`\r\n--${boundary}\r\n`);
      prefix = "";
      const part = new Uint8Array(head.length + value.length + tail.length);
      part.set(head);
      part.set(value, head.length);
      part.set(tail, head.length + value.length);
      stuck = setTimeout(() => {
        ending.abort();
        onEnd();
        onStuck();
      }, patienceMs);
      bytes = part.length;
      controller.enqueue(part);
      pace.sent(bytes);
    },
    cancel() {
      clearTimeout(stuck);
      ending.abort();
      onEnd();
    },
  }, { highWaterMark: 0 });
}
