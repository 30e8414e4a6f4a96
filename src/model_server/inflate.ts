/** Reads and decompresses bodies of requests, within a bound. */

import { maxMessageBytes } from "./request.ts";
import { ServerError } from "./server_error.ts";

/** Codings of HTTP and of gRPC, and what the platform calls them: deflate is zlib's format. */
const codings: Readonly<Record<string, CompressionFormat>> = {
  gzip: "gzip",
  "x-gzip": "gzip",
  deflate: "deflate",
};

/**
 * All of a compressed stream.
 * @throws {ServerError} for a coding that is not known, and for more bytes than are served.
 */
export async function inflate(
  stream: ReadableStream<Uint8Array<ArrayBuffer>>,
  coding: string,
): Promise<Uint8Array<ArrayBuffer>> {
  const format = Object.hasOwn(codings, coding) ? codings[coding] : undefined;
  if (format === undefined) throw new ServerError("content_encoding", `Actual: ${coding}`);
  try {
    return await gather(stream.pipeThrough(new DecompressionStream(format)));
  } catch (cause) {
    if (cause instanceof ServerError) throw cause;
    throw new ServerError("compressed_body", undefined, { cause });
  }
}

/**
 * All of a stream, which a few compressed bytes may make as long as they like.
 * @throws {ServerError} for more bytes than are served.
 */
export async function gather(
  stream: ReadableStream<Uint8Array<ArrayBuffer>>,
): Promise<Uint8Array<ArrayBuffer>> {
  const parts: Uint8Array<ArrayBuffer>[] = [];
  let size = 0;
  for await (const part of stream) {
    size += part.byteLength;
    if (size > maxMessageBytes) {
      throw new ServerError("body_too_large", `allowed are ${maxMessageBytes} bytes`);
    }
    parts.push(part);
  }
  return await new Blob(parts).bytes();
}
