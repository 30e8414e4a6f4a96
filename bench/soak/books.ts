import type { StreamStatus } from "../../src/stream/status.ts";
import type { Summary } from "../../src/stream/summary.ts";

/** Checks the ledger of every stream, as `GET /api/streams` shows it. */
export class Books {
  /** Streams that were ever seen with books that do not balance. */
  readonly unbalanced = new Set<string>();
  readonly #url: string;

  constructor(port: number) {
    this.#url = `http://127.0.0.1:${port}/api/streams`;
  }

  /** All streams as they stand; none while there is no answer. */
  async check(): Promise<readonly StreamStatus[]> {
    let streams: readonly StreamStatus[];
    try {
      const answer = await fetch(this.#url, { signal: AbortSignal.timeout(5000) });
      ({ streams } = await answer.json());
    } catch {
      return [];
    }
    for (const { name, frames } of streams) if (!balances(frames)) this.unbalanced.add(name);
    return streams;
  }
}

/** Whether every frame is accounted for. */
export function balances({ received, processed, dropped, in_flight }: Summary["frames"]): boolean {
  const settled = Object.values(dropped).reduce((sum, count) => sum + count, processed);
  return in_flight >= 0 && received === settled + in_flight;
}
