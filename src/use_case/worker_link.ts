/** A guest in a Worker of this process: confined in what it may reach, not in what it may use up. */

import { guestEntry } from "./guest_entry.ts";
import type { GuestLink, GuestLinkEvents } from "./guest_link.ts";
import type { WireMessage } from "./messages.ts";
import { type Permissions, toWorkerPermissions } from "./permissions.ts";

/** Starts a Worker with nothing but the permissions that were granted. */
export function openWorkerLink(
  moduleUrl: string,
  granted: Permissions,
  events: GuestLinkEvents,
): GuestLink {
  const guest = new URL("./worker_guest.ts", import.meta.url).href;
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
  return {
    post({ header, buffers }: WireMessage) {
      worker.postMessage({ header, buffers }, buffers.map(({ buffer }) => buffer));
    },
    kill() {
      worker.terminate();
      return Promise.resolve();
    },
  };
}

function firstLine(text: string): string {
  return text.split("\n", 1)[0]!.replace(/^Uncaught (\(in (promise|worker "[^"]*")\) )*/, "");
}
