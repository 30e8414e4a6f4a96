/** A file as a browser wants it: whole, or the part that a player asks for. */

import type { EventContext } from "./event_routes.ts";

/** A part of a file, both ends included. */
export interface ByteRange {
  readonly first: number;
  readonly last: number;
}

/**
 * The part that a `Range` header asks for: null = the whole file, as for headers that ask for several
 * parts; undefined = there is no such part.
 */
export function rangeOf(header: string | undefined, size: number): ByteRange | null | undefined {
  const match = /^bytes=(\d*)-(\d*)$/.exec(header ?? "");
  if (match === null || match[1] === "" && match[2] === "") return null;
  const [, from = "", to = ""] = match;
  // Without a beginning it is the number of last bytes.
  const first = from === "" ? Math.max(0, size - Number(to)) : Number(from);
  const last = from === "" || to === "" ? size - 1 : Math.min(Number(to), size - 1);
  return first > last || first >= size ? undefined : { first, last };
}

/** Answers with a file; null when there is no such file. */
export async function sendFile(
  context: EventContext,
  path: string,
  contentType: string,
): Promise<Response | null> {
  const file = await Deno.open(path).catch(() => null);
  if (file === null) return null;
  const { size } = await file.stat();
  const range = rangeOf(context.req.header("range"), size);
  context.header("accept-ranges", "bytes");
  if (range === undefined) {
    file.close();
    context.header("content-range", `bytes */${size}`);
    return context.body(null, 416);
  }
  const { first, last } = range ?? { first: 0, last: size - 1 };
  context.header("content-type", contentType);
  context.header("content-length", String(last - first + 1));
  if (range !== null) context.header("content-range", `bytes ${first}-${last}/${size}`);
  if (context.req.method === "HEAD") {
    file.close();
    return context.body(null, range === null ? 200 : 206);
  }
  await file.seek(first, Deno.SeekMode.Start);
  return context.body(part(file, last - first + 1), range === null ? 200 : 206);
}

const pieceBytes = 64 * 1024;

/** So many bytes of an open file, which is closed with the stream. */
function part(file: Deno.FsFile, bytes: number): ReadableStream<Uint8Array<ArrayBuffer>> {
  let left = bytes;
  return new ReadableStream({
    async pull(controller) {
      const piece = new Uint8Array(Math.min(pieceBytes, left));
      const read = piece.length === 0 ? null : await file.read(piece);
      if (read === null) {
        file.close();
        return controller.close();
      }
      left -= read;
      controller.enqueue(piece.subarray(0, read));
    },
    cancel() {
      file.close();
    },
  });
}
