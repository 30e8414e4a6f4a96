/** A program of one command that behaves as its first argument says, run as Sightline runs its own. */

import { withLifetime } from "../../src/cli/lifetime.ts";
import { startLog } from "../../src/log/log.ts";
import { print, printError } from "../../src/cli/print.ts";

const [behaviour = "", level = "INFO"] = Deno.args;

const behaviours: Readonly<Record<string, (signal: AbortSignal) => Promise<number>>> = {
  async obedient(signal) {
    await aborted(signal);
    return 0;
  },
  async failing_when_stopped(signal) {
    await aborted(signal);
    throw new DOMException("The operation was aborted", "AbortError");
  },
  deaf: () => forever(),
  returning_3: () => Promise.resolve(3),
  throwing: () => Promise.reject(new Error("Cannot go on\nat all", { cause: new Error("why") })),
  rejecting_elsewhere() {
    Promise.reject(new TypeError("nobody awaits this"));
    return forever();
  },
  throwing_in_timer() {
    setTimeout(() => {
      throw new RangeError("out of bounds");
    });
    return forever();
  },
  throwing_text() {
    setTimeout(() => {
      throw "just text";
    });
    return forever();
  },
  async logging_a_lot(signal) {
    const log = startLog({ level: "INFO", format: "text" });
    for (let count = 0; count < 5000; count++) log.logger.info("{count}", { count });
    await print("logged");
    await aborted(signal);
    return 0;
  },
};

/** Never resolves, and keeps the process busy enough to stay. */
async function forever(): Promise<number> {
  setInterval(() => {}, 1000);
  return await new Promise<number>(() => {});
}

async function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  const timer = setInterval(() => {}, 1000);
  await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
  clearInterval(timer);
}

if (level !== "none") startLog({ level: level === "DEBUG" ? "DEBUG" : "INFO", format: "text" });
Deno.exit(
  await withLifetime((signal) => {
    printError("ready");
    return behaviours[behaviour]!(signal);
  }),
);
