/** The Worker in which the states of deliveries lie: SQLite waits for the disk on the thread that asks. */

import type { DeliveryStore } from "./delivery_store.ts";
import { StoreFile } from "./store_file.ts";
import type { FromStoreWorker, ToStoreWorker } from "./store_thread.ts";

// The types of a worker's globals would replace those of the main thread in every other file.
const scope = self as unknown as {
  onmessage: (event: MessageEvent<ToStoreWorker>) => void;
  postMessage(message: FromStoreWorker): void;
};

let file: StoreFile | undefined;

scope.onmessage = ({ data: message }: MessageEvent<ToStoreWorker>) => {
  try {
    if (message.type === "open") {
      file = new StoreFile(message.path);
      return scope.postMessage({ type: "done", id: 0, result: file.asidePath });
    }
    if (message.type === "close") {
      file?.[Symbol.dispose]();
      return scope.postMessage({ type: "done", id: message.id, result: null });
    }
    const { method, args } = message;
    const result = method === "load" ? file!.load(String(args[0])) : file!.use((store) => {
      const work = store[method] as (this: DeliveryStore, ...args: readonly unknown[]) => unknown;
      return work.apply(store, args as unknown[]);
    });
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
