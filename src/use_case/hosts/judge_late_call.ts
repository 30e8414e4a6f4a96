/** Decides whether a late call hangs, or has merely not had enough CPU time on a busy machine. */

import type { ThreadTimes } from "./thread_times.ts";

/**
 * What a late call does: `computes` as much as it may, `waits` for something other than the processor,
 * or `unknown` where that cannot be told.
 */
export type Lateness = "computes" | "waits" | "unknown";

/** What is needed to judge a call. */
export interface LateCall {
  /** How long it may compute: so long it was waited for. */
  readonly patienceMs: number;
  /** Looks at the thread that answers. */
  look(): Promise<ThreadTimes | null>;
  /** It was answered meanwhile, or the guest has ended. */
  isOver(): boolean;
}

/** Milliseconds between two looks. */
const shortestLookMs = 50;
const longestLookMs = 250;
/** A thread that neither ran nor wanted to for so much of the time waits for something else. */
const idleShare = 0.5;
/** However busy the machine: after so many times its patience a call is given up. */
const mostPatience = 20;

/** Looks until it is clear; null when the call was answered meanwhile. */
export async function judgeLateCall(call: LateCall): Promise<Lateness | null> {
  const { patienceMs } = call;
  const lookMs = Math.min(longestLookMs, Math.max(shortestLookMs, patienceMs / 4));
  const startedAtMs = performance.now();
  let computedMs: number | null = null;
  for (let before = await call.look();;) {
    await new Promise((resolve) => setTimeout(resolve, lookMs));
    if (call.isOver()) return null;
    const now = await call.look();
    if (before === null || now === null) return "unknown";
    const passedMs = now.atMs - before.atMs;
    const ranMs = now.ranMs - before.ranMs;
    const wantedMs = ranMs + now.waitedMs - before.waitedMs;
    if (!now.wantsToRun && wantedMs < passedMs * idleShare) return "waits";
    // Before the first look it will have had the same share.
    computedMs ??= patienceMs * ranMs / passedMs;
    computedMs += ranMs;
    if (computedMs >= patienceMs) return "computes";
    if (performance.now() - startedAtMs > mostPatience * patienceMs) return "unknown";
    before = now;
  }
}
