/** A guest in a Worker of this process: confined in what it may reach, not in what it may use up. */

import { guestEntry } from "./guest_entry.ts";
import type { GuestLink, GuestLinkEvents } from "./guest_link.ts";
import type { WireMessage } from "../wire/messages.ts";
import { type Permissions, toWorkerPermissions } from "../permissions.ts";

/** How often this process's memory is looked at: its Workers have no limits of their own. */
const memoryIntervalMs = 1000;

/** How to run the Worker. */
export interface WorkerLinkOptions {
  readonly moduleUrl: string;
  readonly granted: Permissions;
  /** Megabytes by which this process may grow before it is said. */
  readonly memoryMb: number;
}

/** Starts a Worker with nothing but the permissions that were granted. */
export function openWorkerLink(options: WorkerLinkOptions, events: GuestLinkEvents): GuestLink {
  const { moduleUrl, granted, memoryMb } = options;
  const guest = new URL("../guest/worker_guest.ts", import.meta.url).href;
  const worker = new Worker(guestEntry(guest, moduleUrl), {
    type: "module",
    deno: { permissions: toWorkerPermissions(granted) },
  });
  worker.onmessage = ({ data }) => events.onMessage(data);
  worker.onmessageerror = () => events.onEnd("sent a message that cannot be read");
  worker.onerror = (event) => {
    event.preventDefault();
    worker.terminate();
    events.onEnd(`failed: ${firstLine(event.message)}`);
  };
  const memory = watchGrowth(memoryMb, events);
  return {
    post({ header, buffers }: WireMessage) {
      worker.postMessage({ header, buffers }, buffers.map(({ buffer }) => buffer));
    },
    kill() {
      clearInterval(memory);
      worker.terminate();
      return Promise.resolve();
    },
  };
}

/** Says once that this process grew; which Worker it was, or whether it was one, is not known. */
function watchGrowth(limitMb: number, events: GuestLinkEvents): ReturnType<typeof setInterval> {
  const usedMb = () => Deno.memoryUsage().rss / 2 ** 20;
  const atStart = usedMb();
  const timer = setInterval(() => {
    const grownMb = Math.round(usedMb() - atStart);
    if (grownMb <= limitMb) return;
    clearInterval(timer);
    events.onLine(
      `Sightline holds ${grownMb} MB more than when this use case started in a Worker, which has ` +
        "no limit of its own and would take all streams down; --isolation process gives it one",
    );
  }, memoryIntervalMs);
  return timer;
}

function firstLine(text: string): string {
  return text.split("\n", 1)[0]!.replace(/^Uncaught (\(in (promise|worker "[^"]*")\) )*/, "");
}
