/** A new configuration while the app runs: only what it changes is started again. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { getLogger } from "@logtape/logtape";
import { App } from "../src/app/app.ts";
import type { ResolvedConfig } from "../src/config/resolve_config.ts";
import { numberedClip } from "./support/clips.ts";
import { configOf, type Settings } from "./support/config_of.ts";
import { poll } from "./support/poll.ts";
import { assertLedger, assertNoneLost } from "./support/system_run.ts";

/** Streams that show a clip at its own pace and ask no model. */
function clipConfig(
  directory: string,
  stream_url: string,
  streams: Readonly<Record<string, Settings>>,
): ResolvedConfig {
  const written = Object.entries(streams).map(([name, settings]) => [
    name,
    { sink: [`jsonl:${join(directory, name)}.jsonl`], ...settings },
  ]);
  return configOf(Object.fromEntries(written), { shared: { stream_url, fps: 10 } });
}

async function sequences(directory: string, stream: string): Promise<number[]> {
  const text = await Deno.readTextFile(`${join(directory, stream)}.jsonl`);
  return text.trim().split("\n").map((line) => JSON.parse(line).sequence);
}

Deno.test("a new configuration exchanges only the streams that it changes", async () => {
  const clip = await numberedClip({ width: 320, height: 180, fps: 10, frames: 3000 });
  const directory = await Deno.makeTempDir();
  const config = (streams: Readonly<Record<string, Settings>>) =>
    clipConfig(directory, clip.file, streams);
  const stop = new AbortController();
  try {
    const app = await App.open(config({ kept: {}, changed: {}, gone: {} }), getLogger(["test"]));
    {
      await using _app = app;
      const running = app.run(stop.signal, new AbortController().signal);
      const beyond = async (stream: string, sequence: number) => {
        await poll(`${stream} is past frame ${sequence}`, async () => {
          const all = await sequences(directory, stream).catch(() => []);
          return (all.at(-1) ?? -1) >= sequence;
        }, 60_000);
      };
      await Promise.all(["kept", "changed", "gone"].map((stream) => beyond(stream, 5)));

      await app.apply(config({ kept: {}, changed: { buffer_size: 50 }, added: {} }));
      await beyond("added", 5);
      // What cannot be opened leaves the stream as it was, and the others alone.
      const broken = { buffer_size: 20, use_case: "plugins/no_such_plugin.ts" };
      await app.apply(config({ kept: {}, changed: broken, added: {} }));
      const before = (await sequences(directory, "changed")).at(-1)!;
      await beyond("changed", before + 5);
      stop.abort();
      await running;
    }
    const kept = app.summaries.find(({ stream }) => stream === "kept")!;
    assertNoneLost(await sequences(directory, "kept"), kept.frames);
    const changed = await sequences(directory, "changed");
    const again = changed.filter((sequence, at) => sequence < (changed[at - 1] ?? -1));
    assert.equal(again.length, 1, `changed began twice: ${changed}`);
    assert.deepEqual(app.failures, []);
    const begun = app.summaries.map(({ stream }) => stream).sort();
    assert.deepEqual(begun, ["added", "changed", "changed", "gone", "kept"]);
    for (const { frames } of app.summaries) assertLedger(frames);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
});

Deno.test("who is in a zone leaves when its stream is exchanged or removed, or its plugin dies", async () => {
  const clip = await numberedClip({ width: 320, height: 180, fps: 10, frames: 3000 });
  const directory = await Deno.makeTempDir();
  const use_case = "tests/support/standing_use_case.ts";
  // Apart from the one that hangs, which takes those in its process with it.
  const standing = { use_case, isolation: "worker" };
  const hanging = { use_case, plugin_timeout_ms: 400, use_case_options: { hangsAt: 20 } };
  const config = (streams: Readonly<Record<string, Settings>>) =>
    clipConfig(directory, clip.file, streams);
  const events = async (stream: string): Promise<string[]> => {
    const text = await Deno.readTextFile(`${join(directory, stream)}.jsonl`).catch(() => "");
    const records = text.split("\n").filter((line) => line.endsWith("}")).map((line) =>
      JSON.parse(line)
    );
    const found = records.flatMap(({ events }) => events);
    const types = found.map(({ type }: { type: string }) => type);
    return types.filter((type) => type !== "zone_dwelled");
  };
  const once = (stream: string, expected: readonly string[]) =>
    poll(`${expected} in ${stream}`, async () => {
      return JSON.stringify(await events(stream)) === JSON.stringify(expected);
    }, 60_000);
  const stop = new AbortController();
  try {
    const all = { changed: standing, gone: standing, hanging };
    const app = await App.open(config(all), getLogger(["test"]));
    await using _app = app;
    const running = app.run(stop.signal, new AbortController().signal);
    await once("changed", ["zone_entered"]);
    await once("gone", ["zone_entered"]);
    await once("hanging", ["zone_entered", "zone_left", "zone_entered"]);
    await app.apply(config({ changed: { ...standing, buffer_size: 50 }, hanging }));
    await once("changed", ["zone_entered", "zone_left", "zone_entered"]);
    await once("gone", ["zone_entered", "zone_left"]);
    stop.abort();
    await running;
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
});
