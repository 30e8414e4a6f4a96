/** The Worker in which an event log lies: SQLite waits for the disk on the thread that asks. */

import { EventStore } from "./event_store.ts";
import type { FromLogWorker, StoreMethod, ToLogWorker } from "./log_messages.ts";
import { isDamage, salvage, type Salvaged } from "./salvage.ts";

// The types of a worker's globals would replace those of the main thread in every other file.
const scope = self as unknown as {
  onmessage: (event: MessageEvent<ToLogWorker>) => void;
  postMessage(message: FromLogWorker): void;
};

let store: EventStore | undefined;

scope.onmessage = ({ data: message }: MessageEvent<ToLogWorker>) => {
  if (message.type === "open") return open(message.path, message.readOnly);
  if (message.type === "close") {
    // What lies in the write-ahead log goes into the file.
    store?.[Symbol.dispose]();
    return scope.postMessage({ type: "closed" });
  }
  const { id, method, args } = message;
  try {
    scope.postMessage({ type: "done", id, result: run(store!, method, args) });
  } catch (error) {
    const { message, errcode } = error as Error & { readonly errcode?: number };
    const code = errcode === undefined ? null : errcode & 0xff;
    scope.postMessage({ type: "failed", id, message, code });
  }
};

function open(path: string, readOnly: boolean): void {
  try {
    let salvaged: Salvaged | null = null;
    try {
      store = new EventStore(path, { readOnly });
    } catch (error) {
      if (readOnly || !isDamage(error)) throw error;
      salvaged = salvage(path, new Date());
      store = new EventStore(path);
    }
    scope.postMessage({ type: "opened", salvaged });
  } catch (error) {
    scope.postMessage({ type: "refused", message: (error as Error).message });
  }
}

function run(store: EventStore, method: StoreMethod, args: readonly unknown[]): unknown {
  if (method === "usedBytes") return store.usedBytes;
  const work = store[method] as (...args: readonly unknown[]) => unknown;
  return work.apply(store, args as unknown[]);
}
