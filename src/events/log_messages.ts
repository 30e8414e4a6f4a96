/** What the event log and its Worker say to each other. */

import type { EventStore } from "./event_store.ts";
import type { Salvaged } from "./salvage.ts";

/** What a Worker may be asked to do with its store. */
export type StoreMethod =
  | "append"
  | "closeAll"
  | "closeStream"
  | "openKeys"
  | "get"
  | "find"
  | "after"
  | "seqOf"
  | "reserve"
  | "lastSeq"
  | "counts"
  | "names"
  | "labels"
  | "removeBefore"
  | "removeOldest"
  | "shrink"
  | "addFile"
  | "fileOf"
  | "knownFiles"
  | "usedBytes";

/** What it is given. */
export type StoreArgs<M extends StoreMethod> = EventStore[M] extends (...args: infer A) => unknown
  ? A
  : [];

/** What comes of it. */
export type StoreResult<M extends StoreMethod> = EventStore[M] extends (...args: never[]) => infer R
  ? R
  : EventStore[M];

/** To the Worker. */
export type ToLogWorker =
  | { readonly type: "open"; readonly path: string; readonly readOnly: boolean }
  | { readonly type: "close" }
  | {
    readonly type: "ask";
    readonly id: number;
    readonly method: StoreMethod;
    readonly args: readonly unknown[];
  };

/** From the Worker. */
export type FromLogWorker =
  | { readonly type: "opened"; readonly salvaged: Salvaged | null }
  | { readonly type: "refused"; readonly message: string }
  | { readonly type: "closed" }
  /** The file was damaged, or gone, and another is in its place. */
  | { readonly type: "replaced"; readonly salvaged: Salvaged | null }
  | { readonly type: "done"; readonly id: number; readonly result: unknown }
  | {
    readonly type: "failed";
    readonly id: number;
    readonly message: string;
    /** SQLite's number, without what it tells more closely; null when it is no error of SQLite. */
    readonly code: number | null;
  };
