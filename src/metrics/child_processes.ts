/** CPU time and memory of child processes, by the stream and plugin they work for. */

import type { ChildGuard } from "../process_guard.ts";
import { parseStat, readStats } from "./proc_stat.ts";

/** What a child does, and for which stream. */
export interface ChildOwner {
  /** Empty when it works for all that have its plugin. */
  readonly stream: string;
  readonly plugin?: string;
  readonly work: "decode" | "view" | "media" | "output" | "plugin";
}

/** What one owner's children have used. */
export interface ChildUsage {
  readonly owner: ChildOwner;
  /** Since the start of this process, also by children that have ended. */
  readonly cpuSeconds: number;
  /** Held now. */
  readonly residentBytes: number;
}

interface Child {
  readonly pid: number;
  readonly account: Account;
  readonly startedAtMs: number;
  /** Null while it runs. */
  endedAtMs: number | null;
  /** What was booked of its time so far. */
  cpuSeconds: number;
}

interface Account {
  readonly owner: ChildOwner;
  cpuSeconds: number;
  residentBytes: number;
}

/** So many accounts are kept; those of streams that went long ago are closed first. */
const mostAccounts = 4000;

/**
 * Keeps an account for each owner. A child that runs tells its time in /proc; the time of those that
 * have ended since the last look is in our own entry as one sum, which is shared out among them by
 * how long they ran in between. That is exact for one, and close for several.
 */
export class ChildProcesses {
  readonly #children = new Set<Child>();
  readonly #accounts = new Map<string, Account>();
  #reapedSeconds: number | null = null;
  #lookedAtMs = performance.now();
  #looking: Promise<readonly ChildUsage[] | null> | null = null;

  /** A guard for the children of one owner, which passes on what it is told. */
  guard(guard: ChildGuard, owner: ChildOwner): ChildGuard {
    return {
      addFolder: (path) => guard.addFolder(path),
      removeFolder: (path) => guard.removeFolder(path),
      add: (pid) => {
        guard.add(pid);
        const account = this.#accountOf(owner);
        const startedAtMs = performance.now();
        this.#children.add({ pid, account, startedAtMs, endedAtMs: null, cpuSeconds: 0 });
      },
      remove: (pid) => {
        guard.remove(pid);
        for (const child of this.#children) {
          if (child.pid === pid) child.endedAtMs ??= performance.now();
        }
      },
    };
  }

  /** All accounts as they stand; null where there is no /proc. One look at a time serves all who ask. */
  usage(): Promise<readonly ChildUsage[] | null> {
    return this.#looking ??= this.#look().finally(() => this.#looking = null);
  }

  async #look(): Promise<readonly ChildUsage[] | null> {
    const running = [...this.#children].filter(({ endedAtMs }) => endedAtMs === null);
    const lines = await readStats([Deno.pid, ...running.map(({ pid }) => pid)]);
    if (lines === null) return null;
    const stats = new Map(lines.flatMap((line) => parseStat(line) ?? []).map((s) => [s.pid, s]));
    for (const account of this.#accounts.values()) account.residentBytes = 0;
    for (const child of running) {
      const stat = stats.get(child.pid);
      // It has ended under our eyes, and is shared out next time.
      if (stat === undefined || child.endedAtMs !== null) continue;
      this.#book(child, stat.cpuSeconds - child.cpuSeconds);
      child.account.residentBytes += stat.residentBytes;
    }
    const reaped = stats.get(Deno.pid)?.reapedSeconds;
    if (reaped !== undefined) this.#shareOut(reaped);
    return [...this.#accounts.values()].map((account) => ({ ...account }));
  }

  #shareOut(reapedSeconds: number): void {
    const ended = [...this.#children].filter(({ endedAtMs }) => endedAtMs !== null);
    for (const child of ended) this.#children.delete(child);
    const known = ended.reduce((sum, { cpuSeconds }) => sum + cpuSeconds, 0);
    const left = Math.max(0, reapedSeconds - (this.#reapedSeconds ?? 0) - known);
    const shares = ended.map(({ startedAtMs, endedAtMs }) =>
      Math.max(1, endedAtMs! - Math.max(startedAtMs, this.#lookedAtMs))
    );
    const all = shares.reduce((sum, share) => sum + share, 0);
    for (const [index, child] of ended.entries()) this.#book(child, left * shares[index]! / all);
    this.#reapedSeconds = reapedSeconds;
    this.#lookedAtMs = performance.now();
  }

  #book(child: Child, cpuSeconds: number): void {
    if (cpuSeconds <= 0) return;
    child.cpuSeconds += cpuSeconds;
    child.account.cpuSeconds += cpuSeconds;
  }

  #accountOf(owner: ChildOwner): Account {
    const key = JSON.stringify([owner.work, owner.stream, owner.plugin]);
    const account = this.#accounts.get(key) ?? { owner, cpuSeconds: 0, residentBytes: 0 };
    // The newest last.
    this.#accounts.delete(key);
    this.#accounts.set(key, account);
    if (this.#accounts.size > mostAccounts) {
      this.#accounts.delete(this.#accounts.keys().next().value!);
    }
    return account;
  }
}
