/** The transport between a host and its guest: a Worker, or a child process. */

import type { ThreadTimes } from "./thread_times.ts";
import type { MessageHead, WireMessage } from "../wire/messages.ts";

/** A connection to a running guest. */
export interface GuestLink {
  /** Buffers are handed over: the sender must not look at them again. */
  post(message: WireMessage): void;
  /** Ends the guest, whatever it does; resolves when that is done. */
  kill(): Promise<void>;
  /** How much of the processor the plugin has had; null where that is not known. */
  times(): Promise<ThreadTimes | null>;
}

/** Events of a link. */
export interface GuestLinkEvents {
  /**
   * A message is about to be read or parsed.
   * @throws when it may not come: the guest is ended
   */
  admit(head: MessageHead): void;
  /** An admitted message came. Nothing about it is known to be true, not even its type. */
  onMessage(message: unknown): void;
  /** The guest is gone; `reason` continues a sentence such as "it …". Called at most once. */
  onEnd(reason: string): void;
  /** A line on standard error, or of the link itself. */
  onLine(line: string, level?: "info" | "warning"): void;
}
