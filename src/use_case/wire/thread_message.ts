/** Messages between threads: what is small is copied, what is large is handed over. */

import type { WireMessage } from "./messages.ts";

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
export function postToThread(post: PostMessage, { header, buffers }: WireMessage): void {
  if (buffers.length === 0) return post(header);
  const handedOver: ArrayBuffer[] = [];
  for (const { buffer, byteLength } of buffers) {
    if (byteLength >= handOverBytes) handedOver.push(buffer);
  }
  if (handedOver.length === 0) post({ header, buffers });
  else post({ header, buffers }, handedOver);
}

/** What another thread sent, as it would come from anywhere else; nothing of it is checked. */
export function fromThread(data: unknown): unknown {
  return typeof data === "string" ? { header: data, buffers: [] } : data;
}
