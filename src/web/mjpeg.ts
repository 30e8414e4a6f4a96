/** Motion JPEG over HTTP (`multipart/x-mixed-replace`). */

/** Between two pictures. */
const boundary = "sightline-picture";

/** What the answer is called in its header. */
export const mjpegContentType = `multipart/x-mixed-replace; boundary=${boundary}`;

/** Settings of one viewer's video. */
export interface MjpegOptions {
  /** The newest picture each time it is asked. */
  readonly pictures: AsyncIterable<Uint8Array>;
  /** A viewer that takes nothing for so long is given up. */
  readonly patienceMs: number;
  /** Called once, at whatever end. */
  readonly onEnd: () => void;
  /** Called when the viewer is given up: the connection is to be cut, since it cannot be written to. */
  readonly onStuck: () => void;
}

/** Holds one picture at most: the next is taken when the connection asks for more. */
export function mjpegStream(options: MjpegOptions): ReadableStream<Uint8Array> {
  const { pictures, patienceMs, onEnd, onStuck } = options;
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
