import assert from "node:assert/strict";
import { NoModel } from "../../inference/no_model.ts";
import type { StreamStatus } from "../../stream/status.ts";
import type { WebStream } from "../web_stream.ts";
import { LiveStateWatch, statusOf } from "./live_state.ts";

interface Told {
  state?: StreamStatus["state"];
  received?: number;
  processed?: number;
  late?: number;
  full?: number;
  failures?: number;
  reconnects?: number;
  error?: string | null;
  model?: string;
  quietMs?: number | null;
  intervalMs?: number | null;
}

function watchOf(told: Told) {
  return new LiveStateWatch(streamOf(told));
}

/** A stream that says what a test has it say. */
function streamOf(told: Told): WebStream {
  return {
    status: () => ({
      state: told.state ?? "live",
      detail: null,
      model: told.model ?? "grpc://models:9000/detector",
      reconnects: told.reconnects ?? 0,
      frames: {
        received: told.received ?? 0,
        processed: told.processed ?? 0,
        dropped: {
          queue_full: told.full ?? 0,
          too_old: told.late ?? 0,
          skipped: 0,
          no_answer: 0,
          error: 0,
        },
      },
      fps: 25,
      age_ms: { p50: 30 },
    }),
    plugin: () => ({ failures: told.failures ?? 0, restarts: 0, error: told.error ?? null }),
    view: {
      feed: {
        quietMs: () => told.quietMs ?? null,
        get intervalMs() {
          return told.intervalMs ?? null;
        },
      },
    },
  } as unknown as WebStream;
}

Deno.test("a camera is frozen after two of its intervals, or 2 s where these are shorter", () => {
  const told: Told = { quietMs: 2000, intervalMs: 40 };
  const watch = watchOf(told);
  assert.equal(watch.read(0).camera, "live");
  told.quietMs = 2001;
  assert.equal(watch.read(500).camera, "frozen");
  told.intervalMs = 5000;
  told.quietMs = 10_000;
  assert.equal(watch.read(1000).camera, "live");
  told.quietMs = 10_001;
  assert.equal(watch.read(1500).camera, "frozen");
});

Deno.test("a camera that is away is not frozen, and has no figures", () => {
  const told: Told = { received: 100, processed: 100 };
  const watch = watchOf(told);
  watch.read(0);
  Object.assign(told, { received: 110, processed: 110 });
  const { fps, age_ms } = watch.read(500);
  assert.deepEqual({ fps, age_ms }, { fps: 25, age_ms: 30 });
  Object.assign(told, { state: "reconnecting", quietMs: 9000 });
  const state = watch.read(1000);
  assert.deepEqual([state.camera, state.fps, state.age_ms], ["away", null, null]);
});

Deno.test("a camera that never answered is away after a failed attempt, or 10 s", () => {
  const told: Told = { state: "connecting" };
  const watch = watchOf(told);
  assert.equal(watch.read(5000).camera, "connecting");
  assert.equal(watch.read(15_000).camera, "connecting");
  assert.equal(watch.read(15_001).camera, "away");
  told.state = "live";
  assert.equal(watch.read(15_500).camera, "live");
  told.state = "connecting";
  assert.equal(watch.read(16_000).camera, "connecting");
  told.reconnects = 1;
  assert.equal(watch.read(16_500).camera, "away");
});

Deno.test("a model that is slow is not away", () => {
  const told: Told = {};
  const watch = watchOf(told);
  watch.read(0);
  Object.assign(told, { received: 100, processed: 50, late: 50 });
  assert.equal(watch.read(500).model, "slow");
  Object.assign(told, { state: "model_unavailable", received: 120, processed: 51, late: 69 });
  assert.equal(watch.read(1000).model, "slow", "some requests are answered");
  Object.assign(told, { received: 250, late: 199 });
  assert.equal(watch.read(7000).model, "away", "none was for five seconds");
  Object.assign(told, { state: "live", received: 260, processed: 61 });
  assert.equal(watch.read(13_000).model, "ok");
});

Deno.test("without a model none is slow", () => {
  const told: Told = { model: new NoModel().description };
  const watch = watchOf(told);
  watch.read(0);
  Object.assign(told, { received: 100, processed: 50, late: 50 });
  assert.equal(watch.read(500).model, "none");
});

Deno.test("a plugin that throws is failing", () => {
  const told: Told = {};
  const watch = watchOf(told);
  assert.equal(watch.read(0).plugin, "ok");
  Object.assign(told, { received: 10, failures: 3 });
  assert.equal(watch.read(500).plugin, "failing");
  assert.equal(watch.read(6000).plugin, "ok");
  told.error = "The new version cannot be loaded";
  assert.equal(watch.read(6500).plugin, "failing");
});

Deno.test("a model is slow when more than a tenth of the last frames were late, whatever came before", () => {
  const told: Told = { received: 100, late: 60 };
  const watch = watchOf(told);
  watch.read(10_000);
  Object.assign(told, { received: 200, processed: 90, late: 70 });
  assert.equal(watch.read(11_000).model, "ok");
  told.late = 71;
  assert.equal(watch.read(12_000).model, "slow");
  assert.equal(watch.read(15_000).model, "ok", "five seconds ago there were as many");
  // Those that came before these five seconds may still turn out to be late.
  watch.read(20_000);
  told.late = 72;
  const { model, fps, age_ms } = watch.read(21_000);
  assert.deepEqual({ model, fps, age_ms }, { model: "ok", fps: null, age_ms: null });
});

Deno.test("a frame that found no room in the queue is late", () => {
  const told: Told = {};
  const watch = watchOf(told);
  watch.read(0);
  Object.assign(told, { received: 100, processed: 80, full: 20 });
  assert.equal(watch.read(500).model, "slow");
});

Deno.test("a plugin that is not loaded yet is no fault while the camera is not asked", () => {
  const told: Told = { state: "connecting", error: "Cannot load it" };
  const watch = watchOf(told);
  assert.equal(watch.read(0).plugin, "ok");
  told.state = "live";
  assert.equal(watch.read(500).plugin, "failing");
});

Deno.test("a stream's status tells of a camera that is connected and frozen, and of no other", () => {
  const told: Told = { state: "live", quietMs: 2001 };
  assert.equal(statusOf(streamOf(told)).frozen, true);
  assert.equal(statusOf(streamOf({ ...told, quietMs: 2000 })).frozen, false);
  assert.equal(statusOf(streamOf({ ...told, quietMs: null })).frozen, false);
  assert.equal(statusOf(streamOf({ ...told, state: "reconnecting" })).frozen, false);
  assert.equal(statusOf(streamOf(told)).state, "live");
});
