/** A file as a browser wants it: whole, or the part that a player asks for. */

import { basename } from "node:path";
import type { EventContext } from "./event_routes.ts";

/** A part of a file, both ends included. */
export interface ByteRange {
  readonly first: number;
  readonly last: number;
}

/**
 * The part that a `Range` header asks for: null = the whole file, as for headers that ask for several
 * parts (RFC 9110 lets a server ignore them); undefined = there is no such part.
 */
export function rangeOf(header: string | undefined, size: number): ByteRange | null | undefined {
  const match = /^bytes=(\d*)-(\d*)$/i.exec(header ?? "");
  if (match === null || match[1] === "" && match[2] === "") return null;
  const [, from = "", to = ""] = match;
  // Without a beginning it is the number of last bytes.
  const first = from === "" ? Math.max(0, size - Number(to)) : Number(from);
  const last = from === "" || to === "" ? size - 1 : Math.min(Number(to), size - 1);
  return first > last || first >= size ? undefined : { first, last };
}

/** Answers with a file that never changes, as its name says; null when there is no such file. */
export async function sendFile(
  context: EventContext,
  path: string,
  contentType: string,
): Promise<Response | null> {
  const file = await Deno.open(path).catch(() => null);
  if (file === null) return null;
  const { size } = await file.stat();
  const etag = `"${basename(path)}"`;
  context.header("accept-ranges", "bytes");
  context.header("etag", etag);
  const status = unmetCondition(context, etag);
  if (status !== null) {
    file.close();
    return context.body(null, status);
  }
  const range = rangeOf(askedRange(context, etag), size);
  if (range === undefined) {
    file.close();
    // A cache that keeps it would answer with it whatever is asked for.
    context.header("cache-control", "no-store");
    context.header("content-range", `bytes */${size}`);
    return context.body(null, 416);
  }
  const { first, last } = range ?? { first: 0, last: size - 1 };
  context.header("content-type", contentType);
  context.header("content-length", String(last - first + 1));
  if (range !== null) context.header("content-range", `bytes ${first}-${last}/${size}`);
  if (context.req.method === "HEAD") {
    file.close();
    return context.body(null, 200);
  }
  await file.seek(first, Deno.SeekMode.Start);
  return context.body(part(file, last - first + 1), range === null ? 200 : 206);
}

/** What a precondition has it answered with in place of the file; null = none is in the way. */
function unmetCondition(context: EventContext, etag: string): 304 | 412 | null {
  const match = context.req.header("if-match");
  if (match !== undefined && !isNamed(etag, match)) return 412;
  const noneMatch = context.req.header("if-none-match");
  // Here a weak validator will do.
  return noneMatch !== undefined && isNamed(etag, noneMatch.replaceAll("W/", "")) ? 304 : null;
}

/**
 * `Range`, which is for GET alone; with `If-Range` only where that is this very file (RFC 9110,
 * 13.1.5). A date is none of its validators, as it has no `Last-Modified`.
 */
function askedRange({ req }: EventContext, etag: string): string | undefined {
  const ifRange = req.header("if-range");
  const isOfFile = ifRange === undefined || ifRange.trim() === etag;
  return req.method === "GET" && isOfFile ? req.header("range") : undefined;
}

function isNamed(etag: string, list: string): boolean {
  return list.trim() === "*" || list.split(",").some((one) => one.trim() === etag);
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
