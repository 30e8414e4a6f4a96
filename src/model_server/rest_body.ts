/** The body of a REST request, decompressed where it came so. */

import { maxMessageBytes } from "./request.ts";
import { ServerError } from "./server_error.ts";

/** Content codings, and what the platform calls them: HTTP's deflate is zlib's format. */
const codings: Readonly<Record<string, CompressionFormat>> = {
  gzip: "gzip",
  "x-gzip": "gzip",
  deflate: "deflate",
};

/**
 * All of a body.
 * @throws {ServerError} for a coding that is not known, and for more bytes than are served.
 */
export async function readBody(request: Request): Promise<Uint8Array> {
  const coding = (request.headers.get("content-encoding") ?? "identity").trim().toLowerCase();
  if (coding === "identity" || request.body === null) {
    return new Uint8Array(await request.arrayBuffer());
  }
  const format = Object.hasOwn(codings, coding) ? codings[coding] : undefined;
  if (format === undefined) throw new ServerError("content_encoding", `Actual: ${coding}`);
  return await inflate(request.body.pipeThrough(new DecompressionStream(format)));
}

/** Bounded, since a few bytes may become any number. */
async function inflate(stream: ReadableStream<Uint8Array>): Promise<Uint8Array> {
  const parts: Uint8Array<ArrayBuffer>[] = [];
  let size = 0;
  try {
    for await (const part of stream) {
      size += part.byteLength;
      if (size > maxMessageBytes) {
        throw new ServerError("body_too_large", `allowed are ${maxMessageBytes} bytes`);
      }
      parts.push(part as Uint8Array<ArrayBuffer>);
    }
  } catch (cause) {
    if (cause instanceof ServerError) throw cause;
    throw new ServerError("compressed_body", undefined, { cause });
  }
  return await new Blob(parts).bytes();
}
