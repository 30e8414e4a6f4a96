/** The transport to a guest in a Worker, whose permissions are confined, but not its CPU and memory. */

import { guestEntry } from "./guest_entry.ts";
import type { GuestLink, GuestLinkEvents } from "./guest_link.ts";
import { fromThread, headOf, type PostMessage, postToThread } from "../wire/thread_message.ts";
import { saneWords } from "../wire/sane_text.ts";
import { type Permissions, toWorkerPermissions } from "../permissions.ts";
import { readThreadTimes, workerThreads } from "./thread_times.ts";

/** Starts a Worker with nothing but the permissions that were granted. */
export function openWorkerLink(
  moduleUrl: string,
  granted: Permissions,
  events: GuestLinkEvents,
): GuestLink {
  const others = workerThreads();
  const guest = new URL("../guest/worker_guest.ts", import.meta.url).href;
  const worker = new Worker(guestEntry(guest, moduleUrl), {
    type: "module",
    deno: { permissions: toWorkerPermissions(granted) },
  });
  let thread: number | null = null;
  worker.onmessage = ({ data }) => {
    // By now it is there, and has its name.
    thread ??= claimThread(others);
    const message = fromThread(data);
    try {
      events.admit(headOf(message));
    } catch {
      return;
    }
    events.onMessage(message);
  };
  worker.onmessageerror = () => events.onEnd("sent a message that cannot be read");
  worker.onerror = (event) => {
    event.preventDefault();
    worker.terminate();
    events.onEnd(`failed: ${firstLine(event.message)}`);
  };
  const post: PostMessage = worker.postMessage.bind(worker);
  return {
    post: (message) => postToThread(post, message),
    times: async () => thread ? await readThreadTimes(Deno.pid, thread) : null,
    kill() {
      worker.terminate();
      return Promise.resolve();
    },
  };
}

/** Threads that are known to run one plugin. */
const claimed = new Set<number>();

/** The thread that is there and was not before; 0 when it cannot be told from others. */
function claimThread(before: ReadonlySet<number>): number {
  const threads = workerThreads();
  for (const thread of claimed) if (!threads.has(thread)) claimed.delete(thread);
  const [thread, other] = [...threads].filter((one) => !before.has(one) && !claimed.has(one));
  if (thread === undefined || other !== undefined) return 0;
  claimed.add(thread);
  return thread;
}

function firstLine(text: string): string {
  return saneWords(
    text.split("\n", 1)[0]!.replace(/^Uncaught (\(in (promise|worker "[^"]*")\) )*/, ""),
  );
}
