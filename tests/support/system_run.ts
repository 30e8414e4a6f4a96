/** Sightline as a whole: the real program, what it tells while it runs, and how it ended. */

import assert from "node:assert/strict";
import type { AnalysisRecord } from "../../src/sink/record.ts";
import type { LedgerCounts, StreamStatus } from "../../src/stream/status.ts";
import type { Summary } from "../../src/stream/summary.ts";
import { freePort } from "./free_port.ts";
import { poll } from "./poll.ts";
import { descendants, procMissing, survivors } from "./processes.ts";
import { runSightline, type SightlineProcess } from "./run_sightline.ts";

/** What happens takes so long at most on a busy machine. */
const patienceMs = 30_000;

/** Milliseconds between a signal and the end, the 2 s of the promise and some for a busy machine. */
const endingMs = 2500;

/** How a run ended. */
export interface SystemResult {
  readonly code: number;
  readonly stderr: string;
  readonly summary: Summary;
  readonly records: readonly AnalysisRecord[];
}

/** Starts `main.ts run` with `flags`, a live view, a sink and `--benchmark`. */
export async function runSystem(flags: readonly string[]): Promise<SystemRun> {
  const folder = await Deno.makeTempDir({ prefix: "sightline_run_" });
  return new SystemRun(flags, folder, freePort());
}

/** A running Sightline. */
export class SystemRun implements AsyncDisposable {
  readonly process: SightlineProcess;
  readonly port: number;
  readonly #folder: string;
  #ended = false;

  constructor(flags: readonly string[], folder: string, port: number) {
    this.#folder = folder;
    this.port = port;
    this.process = runSightline([
      ...flags,
      ...["--benchmark", "--sink", `jsonl:${folder}/records.jsonl`],
      ...["--visualizer_port", String(port)],
    ]);
    void this.process.exited.then(() => this.#ended = true);
  }

  /** The stream as `GET /api/streams` shows it; null while there is no answer. */
  async status(): Promise<StreamStatus | null> {
    try {
      const signal = AbortSignal.timeout(2000);
      const answer = await fetch(`http://127.0.0.1:${this.port}/api/streams`, { signal });
      const { streams } = await answer.json();
      return streams[0];
    } catch {
      return null;
    }
  }

  /** The first status for which `condition` holds; each one's books are checked on the way. */
  async until(
    what: string,
    condition: (status: StreamStatus) => boolean,
    timeoutMs = patienceMs,
  ): Promise<StreamStatus> {
    let status: StreamStatus | null = null;
    try {
      await poll(what, async () => {
        if (this.#ended) throw new Error(`Cannot see that ${what}: the process has ended`);
        status = await this.status();
        if (status === null) await new Promise((resolve) => setTimeout(resolve, 50));
        if (status !== null) assertLedger(status.frames);
        return status !== null && condition(status);
      }, timeoutMs);
    } catch (error) {
      const seen = `${Deno.inspect(status)}\n${this.process.stderr}`;
      throw new Error(`${(error as Error).message}; last seen: ${seen}`, { cause: error });
    }
    return status!;
  }

  /** Resolves when so many more frames have become records. */
  async more(count: number, timeoutMs = patienceMs): Promise<StreamStatus> {
    let from: number | undefined;
    return await this.until(`${count} more results come`, ({ frames }) => {
      from ??= frames.processed;
      return frames.processed >= from + count;
    }, timeoutMs);
  }

  /** Records in the sink so far. */
  async records(): Promise<AnalysisRecord[]> {
    const text = await Deno.readTextFile(`${this.#folder}/records.jsonl`);
    assert.ok(text === "" || text.endsWith("\n"), `half a record: ${text.slice(-200)}`);
    return text.split("\n").filter(Boolean).map((line) => JSON.parse(line));
  }

  /** Waits for the end, and checks what holds of every end. */
  async result(): Promise<SystemResult> {
    const { code, stdout, stderr } = await this.process.result;
    assert.match(stdout, /^\{.*\}\n$/, `stdout: ${stdout}\nstderr: ${stderr}`);
    const summary: Summary = JSON.parse(stdout);
    const records = await this.records();
    assertLedger(summary.frames);
    assert.equal(summary.frames.in_flight, 0, Deno.inspect(summary));
    assert.equal(records.length, summary.frames.processed, "a record for each processed frame");
    records.forEach(({ sequence }, i) => {
      assert.ok(i === 0 || sequence > records[i - 1]!.sequence, `${sequence} is out of order`);
    });
    return { code, stderr, summary, records };
  }

  /** Sends a signal; it must end in time with code 0, and leave no process behind. */
  async end(signal: Deno.Signal = "SIGINT"): Promise<SystemResult> {
    const children = procMissing ? [] : descendants(this.process.pid);
    const start = performance.now();
    this.process.signal(signal);
    const code = await this.process.exited;
    const tookMs = performance.now() - start;
    assert.equal(code, 0, this.process.stderr);
    assert.ok(tookMs <= endingMs, `it took ${tookMs} ms\n${this.process.stderr}`);
    // What only a guard ends is gone a moment after us.
    await poll("no child outlives it", () => survivors(children).length === 0, 1000);
    assert.doesNotMatch(this.process.stderr, /Not everything stopped in time/);
    return await this.result();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.process[Symbol.asyncDispose]();
    await Deno.remove(this.#folder, { recursive: true });
  }
}

/** `received = processed + Σ dropped + in_flight`, and nothing below zero. */
export function assertLedger(frames: LedgerCounts): void {
  const { received, processed, dropped, in_flight } = frames;
  const { queue_full, too_old, skipped, no_answer, error } = dropped;
  const settled = processed + queue_full + too_old + skipped + no_answer + error;
  assert.equal(received, settled + in_flight, Deno.inspect(frames));
  assert.ok(in_flight >= 0, Deno.inspect(frames));
}

/**
 * Each frame has its record, up to the last one: none is missing but those that a busy machine was
 * too slow for, which are counted.
 */
export function assertNoneLost(
  sequences: readonly number[],
  { dropped: { queue_full, too_old, error } }: Pick<LedgerCounts, "dropped">,
): void {
  const rising = sequences.every((sequence, at) => at === 0 || sequence > sequences[at - 1]!);
  assert.ok(rising, sequences.join());
  const missing = (sequences.at(-1) ?? -1) + 1 - sequences.length;
  assert.ok(missing <= queue_full + too_old, `${missing} are missing of ${sequences.join()}`);
  assert.equal(error, 0);
}
