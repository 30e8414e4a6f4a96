/** The guest in a Worker; the entry of the Worker imports this first, then the plugin. */

import { encode, Guest } from "./guest.ts";
import { prepareGlobals } from "./prepare_globals.ts";
import { callOf, type FromGuest, type WireMessage } from "../wire/messages.ts";
import { fromThread, type PostMessage, postToThread } from "../wire/thread_message.ts";

// The types of a worker's globals would replace those of the main thread in every other file.
const scope = globalThis as unknown as {
  addEventListener(type: "message", listener: (event: MessageEvent<unknown>) => void): void;
  postMessage: PostMessage;
};

const postMessage: PostMessage = scope.postMessage.bind(scope);

function post(message: FromGuest, buffers: readonly Uint8Array<ArrayBuffer>[] = []): void {
  postToThread(postMessage, { header: encode(message), buffers, ...callOf(message) });
}

const guest = new Guest(post);
scope.addEventListener("message", (event) => {
  // Listeners of the plugin must not receive it.
  event.stopImmediatePropagation();
  guest.receive(fromThread(event.data) as WireMessage);
  reportMemory();
});

// As they are now: the plugin may replace them.
const { memoryUsage } = Deno;
const { now } = Date;
/** Looking takes 0.1 ms. */
const memoryIntervalMs = 1000;
let reportedAtMs = now();

function reportMemory(): void {
  const nowMs = now();
  if (nowMs - reportedAtMs < memoryIntervalMs) return;
  reportedAtMs = nowMs;
  const { heapTotal, external } = memoryUsage();
  post({ type: "memory", usedMb: Math.round((heapTotal + external) / 2 ** 20) });
}
prepareGlobals(post, guest.log, guest.strays);

/** Called by the entry, once the plugin's module has run. */
export function serve(namespace: Readonly<Record<string, unknown>>): void {
  guest.start(namespace);
}

/** Called by the entry in place of {@link serve}, when the plugin's module did not run to its end. */
export function fail(error: unknown): void {
  guest.fail(error);
}
