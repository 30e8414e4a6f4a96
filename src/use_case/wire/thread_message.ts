/** Messages between threads: small buffers are copied, large ones transferred. */

import type { MessageHead, WireMessage } from "./messages.ts";

/**
 * Bytes from which handing a buffer over is quicker than copying it, by measurement: with a list of
 * what is handed over, even an empty one, Deno leaves its fast path in both threads.
 */
const handOverBytes = 32 * 1024;

/** `postMessage` of a Worker, or of the thread that started it. */
export interface PostMessage {
  (message: unknown): void;
  (message: unknown, handedOver: ArrayBuffer[]): void;
}

/** Sends a message to another thread. */
export function postToThread(post: PostMessage, message: WireMessage): void {
  const { header, buffers, call } = message;
  if (buffers.length === 0) return post(call === undefined ? header : `${call}${header}`);
  const handedOver: ArrayBuffer[] = [];
  for (const { buffer, byteLength } of buffers) {
    if (byteLength >= handOverBytes) handedOver.push(buffer);
  }
  if (handedOver.length === 0) post(message);
  else post(message, handedOver);
}

/**
 * What another thread sent, as it would come from anywhere else; nothing of it is checked. Text is a
 * header, behind the call that it answers.
 */
export function fromThread(data: unknown): unknown {
  if (typeof data !== "string") return data;
  const begin = data.indexOf("{");
  return begin > 0
    ? { header: data.slice(begin), buffers: [], call: Number(data.slice(0, begin)) }
    : { header: data, buffers: [] };
}

/** What is known of a thread's message before it is parsed; of what is none, that it is empty. */
export function headOf(message: unknown): MessageHead {
  const { header, buffers, call } = Object(message);
  let bufferBytes = 0;
  if (Array.isArray(buffers)) {
    for (const buffer of buffers) if (ArrayBuffer.isView(buffer)) bufferBytes += buffer.byteLength;
  }
  return {
    headerBytes: typeof header === "string" ? header.length : 0,
    bufferBytes,
    ...(typeof call === "number" && { call }),
  };
}
