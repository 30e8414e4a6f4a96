/** The Worker in which an event log lies: SQLite waits for the disk on the thread that asks. */

import { EventStore } from "./event_store.ts";
import type { FromLogWorker, StoreMethod, ToLogWorker } from "./log_messages.ts";
import { LogFile } from "./log_file.ts";

// The types of a worker's globals would replace those of the main thread in every other file.
const scope = self as unknown as {
  onmessage: (event: MessageEvent<ToLogWorker>) => void;
  postMessage(message: FromLogWorker): void;
};

/** The file that is written, or the store of a reader. */
let file: LogFile | undefined;
let reader: EventStore | undefined;

scope.onmessage = ({ data: message }: MessageEvent<ToLogWorker>) => {
  if (message.type === "open") return open(message.path, message.readOnly);
  if (message.type === "close") {
    // What lies in the write-ahead log goes into the file.
    reader?.[Symbol.dispose]();
    file?.[Symbol.dispose]();
    return scope.postMessage({ type: "closed" });
  }
  const { id, method, args } = message;
  try {
    const work = (store: EventStore) => run(store, method, args);
    const result = file === undefined ? work(reader!) : file.use(work);
    scope.postMessage({ type: "done", id, result });
  } catch (error) {
    const { message, errcode } = error as Error & { readonly errcode?: number };
    const code = errcode === undefined ? null : errcode & 0xff;
    // SQLite may quote a whole statement.
    scope.postMessage({ type: "failed", id, message: message.split("\n", 1)[0]!, code });
  }
};

function open(path: string, readOnly: boolean): void {
  try {
    if (readOnly) {
      reader = new EventStore(path, { readOnly });
      return scope.postMessage({ type: "opened", salvaged: null });
    }
    const opened = LogFile.open(path, (salvaged) => {
      scope.postMessage({ type: "replaced", salvaged });
    });
    file = opened.file;
    scope.postMessage({ type: "opened", salvaged: opened.salvaged });
  } catch (error) {
    const [words = ""] = (error as Error).message.split("\n", 1);
    scope.postMessage({ type: "refused", message: words });
  }
}

function run(store: EventStore, method: StoreMethod, args: readonly unknown[]): unknown {
  if (method === "usedBytes") return store.usedBytes;
  const work = store[method] as (...args: readonly unknown[]) => unknown;
  return work.apply(store, args as unknown[]);
}
