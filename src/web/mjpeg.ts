/** Motion JPEG over HTTP (`multipart/x-mixed-replace`). */

/** Between two pictures. */
const boundary = "sightline-picture";

/** What the answer is called in its header. */
export const mjpegContentType = `multipart/x-mixed-replace; boundary=${boundary}`;

/**
 * Holds one picture at most: the next is taken when the connection asks for more. A viewer that takes
 * nothing for `patienceMs` is given up: `onStuck` is called, as the connection cannot be written to
 * and is to be cut. `onEnd` is called once, at whatever end.
 */
export function mjpegStream(
  pictures: AsyncIterable<Uint8Array>,
  patienceMs: number,
  onEnd: () => void,
  onStuck: () => void,
): ReadableStream<Uint8Array> {
  const iterator = pictures[Symbol.asyncIterator]();
  const encoder = new TextEncoder();
  let stuck: ReturnType<typeof setTimeout> | undefined;
  let prefix = `--${boundary}\r\n`;
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
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
        onEnd();
        onStuck();
      }, patienceMs);
      controller.enqueue(part);
    },
    cancel() {
      clearTimeout(stuck);
      onEnd();
    },
  }, { highWaterMark: 0 });
}
