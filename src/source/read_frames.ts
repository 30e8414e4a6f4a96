/** Pictures out of a stream of bytes. */

/**
 * Cuts raw video into frames of `frameBytes`, each in a buffer of its own that may be transferred.
 * The pipe writes straight into it: nothing is copied here. Buffers come from `spare` as long as it
 * has some. A last frame that is not whole is left out. The stream is cancelled when the reader
 * leaves.
 */
export async function* readRawFrames(
  stream: ReadableStream<Uint8Array>,
  frameBytes: number,
  spare: ArrayBuffer[] = [],
): AsyncGenerator<Uint8Array<ArrayBuffer>, void, void> {
  const reader = stream.getReader({ mode: "byob" });
  try {
    for (;;) {
      const buffer = spare.pop() ?? new ArrayBuffer(frameBytes);
      const { value, done } = await reader.read(new Uint8Array(buffer), { min: frameBytes });
      if (value?.byteLength === frameBytes) yield value;
      if (done) return;
    }
  } finally {
    await reader.cancel();
  }
}

/** Longer headers are none of ffmpeg's. */
const longestHeader = 1024;

/**
 * Cuts what ffmpeg's `mpjpeg` writes into JPEG files: each comes after lines of text that tell its
 * length. A last file that is not whole is left out.
 */
export async function* readJpegFrames(
  stream: ReadableStream<Uint8Array>,
): AsyncGenerator<Uint8Array<ArrayBuffer>, void, void> {
  const decoder = new TextDecoder("latin1");
  let pending = new Uint8Array(0);
  for await (const bytes of stream) {
    pending = concat(pending, bytes);
    for (;;) {
      const head = decoder.decode(pending.subarray(0, longestHeader));
      const header = /^\s*--\S+\r\n(?:.+\r\n)*?Content-length: *(\d+)\r\n(?:.+\r\n)*\r\n/i.exec(
        head,
      );
      if (header === null) {
        if (head.length === longestHeader) {
          throw new SyntaxError("Cannot find a JPEG file: no header");
        }
        break;
      }
      const start = header[0].length;
      const end = start + Number(header[1]);
      if (pending.length < end) break;
      yield pending.slice(start, end);
      pending = pending.subarray(end);
    }
  }
}

function concat(a: Uint8Array<ArrayBuffer>, b: Uint8Array): Uint8Array<ArrayBuffer> {
  const both = new Uint8Array(a.length + b.length);
  both.set(a);
  both.set(b, a.length);
  return both;
}
