import assert from "node:assert/strict";
import { frameOf } from "../../tests/support/samples.ts";
import { OpenStays } from "./open_stays.ts";

const frameAt = (ptsMs: number) => frameOf({ sequence: ptsMs, ptsMs });

const event = (type: string, track_id: number) => ({ type, zone: "yard", track_id, label: "cat" });

Deno.test("OpenStays closes each stay that was not closed, once", () => {
  const stays = new OpenStays();
  assert.deepEqual(stays.close(), [], "nothing was recorded yet");
  stays.note(frameAt(100), [event("zone_entered", 1), event("zone_entered", 2)]);
  stays.note(frameAt(200), [event("zone_entered", 3), event("zone_left", 1), { type: "other" }]);
  stays.note(frameAt(1200), [event("loitering", 2)]);
  assert.equal(stays.lastFrame?.sequence, 1200);
  assert.deepEqual(stays.close(), [
    { ...event("zone_left", 2), dwell_ms: 1100 },
    { ...event("zone_left", 3), dwell_ms: 1000 },
  ]);
  assert.deepEqual(stays.close(), []);
});

Deno.test("OpenStays remembers a bounded number of stays", () => {
  const stays = new OpenStays();
  for (let id = 0; id < 10_005; id++) stays.note(frameAt(id), [event("zone_entered", id)]);
  assert.equal(stays.close()[0]?.track_id, 5);
});
