/** The delivery seam: a kind of destination, and one that is open. */

import type { Logger } from "@logtape/logtape";
import type { SightlineEvent } from "../events/event.ts";
import type { EventLog } from "../events/event_log.ts";
import type { Setting, SettingTable, ValuesOf } from "../settings/setting.ts";
import type { CommonSettings } from "./common_settings.ts";

/** One kind of destination, in a file of its own; `kinds.ts` lists them. */
export interface DestinationKind<Table extends SettingTable = SettingTable> {
  /** What a map in a configuration file calls it. */
  readonly name: string;
  /** What begins its URLs, without the colon, such as `mqtt` and `mqtts`. */
  readonly schemes: readonly string[];
  /** An example of its URL, for help and messages. */
  readonly example: string;
  /** Of a kind that is no URL: what stands behind the scheme, `path` in a map. */
  readonly place?: Setting<string>;
  /** What its map may hold beside `url` and what all destinations share. */
  readonly settings: Table;
  /**
   * What is wrong with settings that are right one by one, in words that follow the URL; null when
   * nothing is.
   */
  check?(url: string, settings: ValuesOf<Table> & CommonSettings): string | null;
  /** What is reached and read; files of secrets among it. */
  needs(url: string, settings: ValuesOf<Table>): DestinationNeeds;
  /**
   * Makes one, connected or not: a destination that is away is met by `send`. What it needs from
   * npm is imported here, so that only those with such a destination pay for it.
   * @throws {Error} for what no waiting mends, such as a file of secrets that does not exist
   */
  open(
    url: string,
    settings: ValuesOf<Table>,
    context: DestinationContext,
  ): Promise<Destination> | Destination;
}

/** What a destination needs of the machine. */
export interface DestinationNeeds {
  /** `host:port`. */
  readonly net?: readonly string[];
  readonly read?: readonly string[];
  readonly write?: readonly string[];
  readonly env?: readonly string[];
}

/** What a destination is given when it is opened. */
export interface DestinationContext {
  readonly logger: Logger;
  /** What the destination is called, in logs and elsewhere. */
  readonly name: string;
  /** The password of the user in its URL, read anew each time; null when there is none. */
  password(): Promise<string | null>;
  /** The text of a file that holds secrets, without the last line end; read anew each time. */
  readSecret(path: string): Promise<string>;
  /** Names of the streams whose events may come, in the configuration's order. */
  readonly streams: readonly string[];
  /** Past events, such as what is open now; null in a check. */
  readonly events: Pick<EventLog, "ask"> | null;
  /** The JPEG of an event; resolves to null when it has none. Absent where no pictures are kept. */
  picture?(eventId: string): Promise<Uint8Array | null>;
  /** Milliseconds that a stream's results are old now, at the median; null when there are none. */
  ageMs?(stream: string): number | null;
  /** Where this Sightline's pages are reached, without a slash at the end; null when not known. */
  readonly publicUrl: string | null;
  /** Aborts when it is closed for good: what waits for a connection gives up. */
  readonly signal: AbortSignal;
}

/** An event on its way. */
export interface Message {
  readonly event: SightlineEvent;
  /** The event as JSON, made once for all destinations. */
  readonly json: string;
}

/** A destination that is open. */
export interface Destination extends AsyncDisposable {
  /**
   * `connection`: calls of `send` arrive in the order in which they were made, however many are
   * under way, and none behind one that fails arrives. `stream`: nothing of the kind, so that one
   * call at a time is made for each stream. `batch`: one call at a time for all streams, with what
   * has come meanwhile.
   */
  readonly order: "connection" | "stream" | "batch";
  /** Messages that may be under way. */
  readonly window: number;
  /** Messages of one call. */
  readonly batch: number;
  /**
   * Resolves when all of them are taken. The signal aborts when it takes too long.
   * @throws {DeliveryError} what is to be done; any other error counts as `unavailable`
   */
  send(messages: readonly Message[], signal: AbortSignal): Promise<void>;
  /** Sends records, as lines of JSON; a kind without it takes events only. */
  sendRecords?(lines: readonly string[], signal: AbortSignal): Promise<void>;
  /**
   * Reaches it, and sends nothing that could be taken for an event; resolves to a few words on
   * what was found, such as the name and version of the server.
   */
  check(signal: AbortSignal): Promise<string>;
}

/**
 * What a failure means. `unavailable`: the same is tried again, until it is taken or too old;
 * `refused`: this message will never be taken, others may; `disabled`: nothing shall be sent any more.
 */
export type DeliveryFailure = "unavailable" | "refused" | "disabled";

/** Why something was not delivered. The message stands in logs and pages: it names no secret. */
export class DeliveryError extends Error {
  override name = "DeliveryError";
  readonly failure: DeliveryFailure;
  /** So long nothing shall be sent, as the other side said; null when it said nothing. */
  readonly retryAfterMs: number | null;

  constructor(
    failure: DeliveryFailure,
    message: string,
    { retryAfterMs = null, cause }: { retryAfterMs?: number | null; cause?: unknown } = {},
  ) {
    super(message, { cause });
    this.failure = failure;
    this.retryAfterMs = retryAfterMs;
  }
}
