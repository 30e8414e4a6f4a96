/** The Worker in which the states of deliveries lie: SQLite waits for the disk on the thread that asks. */

import { DeliveryStore } from "./delivery_store.ts";
import type { FromStoreWorker, ToStoreWorker } from "./store_thread.ts";

// The types of a worker's globals would replace those of the main thread in every other file.
const scope = self as unknown as {
  onmessage: (event: MessageEvent<ToStoreWorker>) => void;
  postMessage(message: FromStoreWorker): void;
};

let store: DeliveryStore | undefined;

scope.onmessage = ({ data: message }: MessageEvent<ToStoreWorker>) => {
  try {
    if (message.type === "open") {
      store = new DeliveryStore(message.path);
      return scope.postMessage({ type: "done", id: 0, result: null });
    }
    if (message.type === "close") {
      store?.[Symbol.dispose]();
      return scope.postMessage({ type: "done", id: message.id, result: null });
    }
    const work = store![message.method] as (...args: readonly unknown[]) => unknown;
    const result = work.apply(store, message.args as unknown[]);
    scope.postMessage({ type: "done", id: message.id, result });
  } catch (error) {
    const { message: words, errcode } = error as Error & { readonly errcode?: number };
    scope.postMessage({
      type: "failed",
      id: "id" in message ? message.id : 0,
      // SQLite may quote a whole statement.
      message: words.split("\n", 1)[0]!,
      code: errcode === undefined ? null : errcode & 0xff,
    });
  }
};
