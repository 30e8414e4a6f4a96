/** A guest in a Worker of this process: confined in what it may reach, not in what it may use up. */

import { guestEntry } from "./guest_entry.ts";
import type { GuestLink, GuestLinkEvents } from "./guest_link.ts";
import { fromThread, type PostMessage, postToThread } from "../wire/thread_message.ts";
import { type Permissions, toWorkerPermissions } from "../permissions.ts";
import { watchWorkerMemory } from "./worker_memory.ts";

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
  worker.onmessage = ({ data }) => events.onMessage(fromThread(data));
  worker.onmessageerror = () => events.onEnd("sent a message that cannot be read");
  worker.onerror = (event) => {
    event.preventDefault();
    worker.terminate();
    events.onEnd(`failed: ${firstLine(event.message)}`);
  };
  const post: PostMessage = worker.postMessage.bind(worker);
  const memory = watchWorkerMemory(memoryMb, (line) => events.onLine(line));
  return {
    post: (message) => postToThread(post, message),
    kill() {
      memory[Symbol.dispose]();
      worker.terminate();
      return Promise.resolve();
    },
  };
}

function firstLine(text: string): string {
  return text.split("\n", 1)[0]!.replace(/^Uncaught (\(in (promise|worker "[^"]*")\) )*/, "");
}
