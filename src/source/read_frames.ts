/** Pictures out of a stream of bytes. */

/** Bytes as they come: a connection, or what is read like one. */
export interface ByteSource {
  /** Fills the beginning of `into` with what there is; null at the end. */
  read(into: Uint8Array): Promise<number | null>;
}

/**
 * Cuts raw video into frames of `frameBytes`, each in a buffer of its own that may be transferred.
 * The system writes straight into it: nothing is copied here. Buffers come from `spare` as long as it
 * has some. A last frame that is not whole is left out.
 */
export async function* readRawFrames(
  source: ByteSource,
  frameBytes: number,
  spare: ArrayBuffer[] = [],
): AsyncGenerator<Uint8Array<ArrayBuffer>, void, void> {
  for (;;) {
    const frame = new Uint8Array(spare.pop() ?? new ArrayBuffer(frameBytes));
    for (let filled = 0; filled < frameBytes;) {
      const count = await source.read(filled === 0 ? frame : frame.subarray(filled));
      if (count === null) return;
      filled += count;
    }
    yield frame;
  }
}

/** Longer headers are none of ffmpeg's. */
const longestHeader = 1024;

const pieceBytes = 65_536;

/**
 * Cuts what ffmpeg's `mpjpeg` writes into JPEG files: each comes after lines of text that tell its
 * length. A last file that is not whole is left out.
 */
export async function* readJpegFrames(
  source: ByteSource,
): AsyncGenerator<Uint8Array<ArrayBuffer>, void, void> {
  const decoder = new TextDecoder("latin1");
  const piece = new Uint8Array(pieceBytes);
  let pending = new Uint8Array(0);
  for (;;) {
    const count = await source.read(piece);
    if (count === null) return;
    pending = concat(pending, piece.subarray(0, count));
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
