/** Several streams of one app, in this process, each with its records in a file. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { getLogger } from "@logtape/logtape";
import { App } from "../../src/app/app.ts";
import { resolveConfig } from "../../src/config/resolve_config.ts";
import type { AnalysisRecord } from "../../src/sink/record.ts";
import type { Summary } from "../../src/stream/summary.ts";
import { poll } from "./poll.ts";
import { assertLedger } from "./system_run.ts";

/** Settings of each stream by its name, as flags have them. */
export type StreamSettings = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

/** An app at work. */
export interface StreamsFixture {
  /** What a stream wrote so far. */
  records(stream: string): Promise<AnalysisRecord[]>;
  /** Resolves when so many more records of each of these streams are there. */
  more(count: number, streams: readonly string[]): Promise<void>;
}

/** How a run of several streams ended. */
export interface StreamsResult {
  readonly records: Readonly<Record<string, readonly AnalysisRecord[]>>;
  readonly summaries: Readonly<Record<string, Summary>>;
}

/**
 * Runs `use` with the app, then ends it, and checks the books of every stream. `process` are
 * settings that hold for all of them.
 */
export async function withStreams(
  settings: StreamSettings,
  use: (fixture: StreamsFixture) => Promise<void>,
  process: Readonly<Record<string, unknown>> = {},
): Promise<StreamsResult> {
  const directory = await Deno.makeTempDir({ prefix: "sightline_streams_" });
  const names = Object.keys(settings);
  async function recordsOf(stream: string): Promise<AnalysisRecord[]> {
    const text = await Deno.readTextFile(`${join(directory, stream)}.jsonl`);
    return text.split("\n").filter((line) => line.endsWith("}")).map((line) => JSON.parse(line));
  }
  async function more(count: number, streams: readonly string[]): Promise<void> {
    const counted = () => Promise.all(streams.map(async (name) => (await recordsOf(name)).length));
    const from = await counted();
    await poll(`${count} more records of ${streams}`, async () => {
      await new Promise((resolve) => setTimeout(resolve, 50));
      return (await counted()).every((length, i) => length >= from[i]! + count);
    }, 60_000);
  }
  try {
    const { config, problems } = resolveConfig({
      process: { visualizer_port: 0, ...process },
      streams: names.map((stream_name) => ({
        stream_name,
        sink: [`jsonl:${join(directory, stream_name)}.jsonl`],
        ...settings[stream_name],
      })),
    });
    assert(config !== null, JSON.stringify(problems));
    const app = await App.open(config, getLogger(["test"]));
    {
      await using _app = app;
      const stop = new AbortController();
      const running = app.run(stop.signal, new AbortController().signal);
      try {
        await use({ records: recordsOf, more });
      } finally {
        stop.abort();
        await running;
      }
    }
    for (const { frames } of app.summaries) {
      assertLedger(frames);
      assert.equal(frames.in_flight, 0);
    }
    const lists = await Promise.all(names.map(async (name) => [name, await recordsOf(name)]));
    return {
      records: Object.fromEntries(lists),
      summaries: Object.fromEntries(app.summaries.map((summary) => [summary.stream, summary])),
    };
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}
