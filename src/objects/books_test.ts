/** The books of one stream over random schedules of faults, with the parts that keep them. */

import { deepEqual, equal, ok } from "node:assert/strict";
import fc from "fast-check";
import type { EventDraft, SightlineEvent } from "../events/event.ts";
import { EventStore } from "../events/event_store.ts";
import { eventOfHappening, eventsOfRecord } from "../events/stream_events.ts";
import type { Detection } from "../frame/analysis.ts";
import { wholePicture } from "../frame/frame.ts";
import { toRecord } from "../sink/record.ts";
import { resolveConfig } from "../config/resolve_config.ts";
import { Scene } from "./scene.ts";

const stream = "yard";
const zones = [{ name: "left", polygon: [[0, 0], [0.5, 0], [0.5, 1], [0, 1]], enter_after_ms: 0 }];
const { config } = resolveConfig({
  process: {},
  streams: [{
    stream_url: "rtsp://camera/",
    no_model: true,
    use_case: "x.ts",
    zones,
    objects: { min_frames: 2, lost_after_ms: 500 },
  }],
});

/** Who is seen in a frame, or what happens besides. */
type Step = readonly { readonly id: number; readonly x: number }[] | Fault;
type Fault = typeof faults[number];
const faults = [
  ...["camera lost", "camera back", "model gone", "model back", "plugin restarted"],
  ...["reload", "stop", "kill", "kill before it is written", "stream removed"],
] as const;

/** One Sightline after another, over one log. */
class Life {
  readonly store = new EventStore(":memory:");
  readonly told: SightlineEvent[] = [];
  /** Waits for the disk, as up to 20 ms of events do. */
  #waiting: EventDraft[] = [];
  #scene = this.#openScene();
  #sequence = 0;
  #nowMs = Date.parse("2026-11-29T10:00:00Z");

  frame(people: readonly { readonly id: number; readonly x: number }[]): void {
    this.#nowMs += 100;
    const unique = [...new Map(people.map((one) => [one.id, one])).values()];
    const detections = unique.map(({ id, x }): Detection => ({
      label: "person",
      labelId: 1,
      confidence: 0.9,
      box: { x, y: 0.2, width: 0.1, height: 0.3 },
      trackId: id + 1,
    }));
    const sequence = this.#sequence++;
    const info = {
      stream,
      sequence,
      ptsMs: 100 * sequence,
      capturedAtMs: this.#nowMs,
      width: 640,
      height: 360,
      pixelFormat: "gray" as const,
      contentRect: wholePicture,
    };
    const { analysis, drafts } = this.#scene.update(info, { detections });
    this.#waiting.push(...drafts, ...eventsOfRecord(toRecord(info, "x", analysis, this.#nowMs)));
    // Some are written before the next fault, some are not.
    if (sequence % 3 === 0) this.#write();
  }

  happen(fault: Fault): void {
    this.#nowMs += 1000;
    const happening = (type: Parameters<typeof eventOfHappening>[1]) =>
      this.#waiting.push(eventOfHappening(stream, type, this.#nowMs, "a reason"));
    switch (fault) {
      case "camera lost":
        happening("stream_lost");
        this.#waiting.push(...this.#scene.close("no_frames"));
        break;
      case "camera back":
        happening("stream_live");
        break;
      case "model gone":
        happening("model_unavailable");
        break;
      case "model back":
        happening("model_available");
        break;
      case "plugin restarted":
        happening("plugin_restarted");
        this.#scene.forgetNumbers();
        break;
      case "reload":
        this.#waiting.push(...this.#scene.close("stream_ended"));
        this.#scene = this.#openScene();
        break;
      case "stop":
        this.#waiting.push(...this.#scene.close("stream_ended"));
        this.#write();
        this.#keep(this.store.closeAll("stop", this.#now(), [stream]));
        this.#startAgain();
        break;
      case "kill":
        this.#write();
        this.#startAgain();
        break;
      case "kill before it is written":
        this.#waiting = [];
        this.#startAgain();
        break;
      case "stream removed":
        this.#waiting.push(...this.#scene.close("stream_ended"));
        this.#write();
        this.#keep(this.store.closeStream(stream, "removed", this.#now()));
        this.#scene = this.#openScene();
    }
  }

  /** The end of all, for good. */
  end(): void {
    this.happen("stream removed");
  }

  #startAgain(): void {
    this.#keep(this.store.closeAll("restart", this.#now(), [stream]));
    this.#scene = this.#openScene();
  }

  #openScene(): Scene {
    let next = this.store.reserve(stream, 1000);
    return new Scene(stream, "x", config!.streams[0]!.scene!, { next: () => next++ });
  }

  #write(): void {
    this.#keep(this.store.append(this.#waiting));
    this.#waiting = [];
  }

  #keep(written: readonly { readonly event: SightlineEvent }[]): void {
    this.told.push(...written.map(({ event }) => event));
  }

  #now(): string {
    return new Date(this.#nowMs).toISOString();
  }
}

/** What begins, and what ends it. */
const endings = {
  object_started: "object_ended",
  zone_entered: "zone_left",
  stream_lost: "stream_live",
  model_unavailable: "model_available",
} as const;

Deno.test("whatever happens to a stream, what began ends once, and nothing else does", () => {
  const person = fc.record({
    id: fc.integer({ min: 0, max: 3 }),
    x: fc.double({ min: 0, max: 0.9, noNaN: true }),
  });
  const step: fc.Arbitrary<Step> = fc.oneof(
    { weight: 10, arbitrary: fc.array(person, { maxLength: 4 }) },
    { weight: 3, arbitrary: fc.constantFrom(...faults) },
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 100 }), (steps) => {
      const life = new Life();
      using _store = life.store;
      for (const step of steps) {
        if (typeof step === "string") life.happen(step);
        else life.frame(step);
        // Who is in the zone, counted from events alone, is what stands open in the log.
        const count = (type: string) => life.told.filter((event) => event.type === type).length;
        equal(
          count("zone_entered") - count("zone_left"),
          life.store.openKeys().filter((key) => key.startsWith("zone_entered")).length,
        );
      }
      life.end();
      deepEqual(life.store.openKeys(), []);
      const numbers = life.told.filter(({ type }) => type === "object_started")
        .map(({ object }) => object!.id);
      equal(new Set(numbers).size, numbers.length, `numbers are given once: ${numbers}`);
      for (const [begins, ends] of Object.entries(endings)) {
        const begun = life.told.filter(({ type }) => type === begins).map(({ id }) => id);
        const ended = life.told.filter(({ type }) => type === ends)
          .flatMap(({ started_id }) => started_id ?? []);
        deepEqual(ended.toSorted(), begun.toSorted(), `${begins}, ${ends}`);
      }
      const late = life.told.filter(({ started_id, reason, type }) =>
        started_id !== undefined && reason !== undefined && type === "object_ended"
      );
      const known = ["no_frames", "stream_ended", "stop", "restart", "removed", "replaced"];
      ok(late.every(({ reason }) => known.includes(reason!)), JSON.stringify(late));
    }),
    { numRuns: 200 },
  );
});
