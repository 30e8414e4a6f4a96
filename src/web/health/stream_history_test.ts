import { deepEqual, equal } from "node:assert/strict";
import type { StreamState, StreamStatus } from "../../stream/status.ts";
import { StreamHistory } from "./stream_history.ts";

function statusOf(name: string, state: StreamState, late: number): StreamStatus {
  return {
    name,
    state,
    fps: 25,
    age_ms: { p50: 80, p99: 120 },
    frames: {
      received: 0,
      dropped: { too_old: late, queue_full: 0, skipped: 0, no_answer: 0, error: 0 },
    },
  } as StreamStatus;
}

Deno.test("StreamHistory has a figure where there was one, and drops a minute", () => {
  let now = 0;
  let statuses = [statusOf("door", "live", 0)];
  using history = new StreamHistory(() => statuses, () => now);
  now = 10_000;
  statuses = [statusOf("door", "stalled", 3), statusOf("yard", "live", 0)];
  history.sample();
  deepEqual(history.of("door"), {
    at_ms: [0, 10_000],
    fps: [25, null],
    age_p50_ms: [80, null],
    age_p99_ms: [120, null],
    late: [0, 18],
    failed: [0, 0],
  });
  deepEqual(history.of("yard")?.fps, [null, 25], "what came later has no figures before");
  statuses = [statusOf("yard", "live", 0)];
  history.sample();
  equal(history.of("door"), null);
});

Deno.test("StreamHistory keeps an hour", () => {
  using history = new StreamHistory(() => [statusOf("door", "live", 0)]);
  for (let count = 0; count < 400; count++) history.sample();
  equal(history.of("door")?.at_ms.length, 360);
  equal(history.of("door")?.late.length, 360);
});
