/** The sink seam: where records go. */

import type { Logger } from "@logtape/logtape";
import type { Needs } from "../settings/needs.ts";
import type { Kind, Resolved, SettingTable } from "../settings/setting.ts";
import type { AnalysisRecord } from "./record.ts";

/** Why a record was not delivered. */
export const lossReasons = ["full", "closed", "unwritten"] as const;

/**
 * Records that were not delivered, by the reason. `full`: as many bytes as may wait were waiting;
 * `closed`: the reader had gone for good; `unwritten`: the end came first.
 */
export type LostRecords = Readonly<Record<typeof lossReasons[number], number>>;

/** What became of records. At every moment: `accepted = written + Σ lost + waiting`. */
export interface SinkCounts {
  /** Given to the sink. */
  readonly accepted: number;
  /** Delivered in full. */
  readonly written: number;
  readonly lost: LostRecords;
  /** Not delivered yet. */
  readonly waiting: number;
}

/** Records lost for whatever reason. */
export function lostTotal({ lost }: Pick<SinkCounts, "lost">): number {
  return lossReasons.reduce((total, reason) => total + lost[reason], 0);
}

/** Somewhere records are delivered to. */
export interface Sink {
  /** Where it delivers, for log lines; never holds a password. */
  readonly description: string;
  /** Figures as they stand. */
  counts(): SinkCounts;
  /**
   * Accepts one record, given also as one line of JSON that is made once for all sinks. It must not
   * wait for its reader: a slow sink buffers within a bound, and counts what it had to refuse.
   */
  write(record: AnalysisRecord, json: string): void;
  /** Resolves when there is room for more. Only a stream that can wait, such as a file, asks. */
  room?(): Promise<void>;
  /** Resolves when every accepted record is delivered. */
  flush?(): Promise<void>;
  /** Opens again what it writes to, as after its file was renamed. */
  reopen?(): void;
  /** Flushes, then lets go of everything; what cannot be delivered in time is counted as lost. */
  [Symbol.asyncDispose](): Promise<void>;
}

/** What every sink is given when it is opened. */
export interface SinkOptions {
  readonly logger: Logger;
  /** Aborts when the process is to end soon, as after SIGTERM. */
  readonly hurry?: AbortSignal;
  /** Aborts at a limit of time: no source waits then, and patience is short. */
  readonly limit?: AbortSignal;
  /** Called when the reader has gone for good, as when a pipe is closed at its other end. */
  onGone?(): void;
}

/** A kind of sink, all of it: how it is named, its settings, how it opens, and what it touches. */
export interface SinkKind<Table extends SettingTable = SettingTable> extends Kind<Table> {
  /** @throws {Error} when it cannot be opened, naming it */
  open(config: Resolved<Table>, options: SinkOptions): Promise<Sink>;
  /** Adds the permissions that it takes. */
  needs(config: Resolved<Table>, needs: Needs): void;
}

/** Names the type that the settings make. */
export function sinkKind<const Name extends string, Table extends SettingTable>(
  kind: SinkKind<Table> & { readonly kind: Name },
): SinkKind<Table> & { readonly kind: Name } {
  return kind;
}
