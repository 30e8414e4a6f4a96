/** A model server that is too slow, shared by cameras. */

import assert from "node:assert/strict";
import { median } from "../bench/sample.ts";
import { numberedClip } from "./support/clips.ts";
import { echoUseCase, withEchoModel } from "./support/echo_model.ts";
import { withModelServer } from "./support/with_model_server.ts";
import { withStreams } from "./support/with_streams.ts";

const fps = 10;
const seconds = 15;
const cameras = ["north", "east", "south", "west"];

const situations = {
  // Four requests at once, 300 ms each: 13 of 40 frames a second.
  "three times too slow": { slow: "1,300", share: 1 / 3, worstMedianMs: 600 },
  // Each slow one keeps a request of the four for the second that its frame may live.
  "slow with 1 request in 25, for 3 s": { slow: "25,3000", share: 0.9, worstMedianMs: 600 },
};

for (const [situation, { slow, share, worstMedianMs }] of Object.entries(situations)) {
  Deno.test(`a server that is ${situation}: cameras lose the same, evenly over time`, async () => {
    const clip = await numberedClip({ width: 480, height: 320, fps, frames: fps * seconds });
    await using model = await withEchoModel();
    await using server = await withModelServer({ modelPath: model.path, flags: ["--slow", slow] });
    const camera = {
      ...{ stream_url: clip.file, fps, use_case: echoUseCase, model_name: "model" },
      ...{ ovms_url: `127.0.0.1:${server.grpcPort}`, max_in_flight: 4 },
    };
    const { records, summaries } = await withStreams(
      Object.fromEntries(cameras.map((name) => [name, camera])),
      async ({ more }) => await more(Math.floor(share * fps * (seconds - 3)), cameras),
      // A slow request that is cut short by the end would count as an error.
      { drain_timeout_ms: 2000 },
    );
    const found = Deno.inspect(summaries);
    const counts = cameras.map((name) => records[name]!.length);
    assert.ok(Math.max(...counts) - Math.min(...counts) <= 0.2 * Math.max(...counts), found);
    for (const name of cameras) {
      const settled = records[name]!.filter(({ sequence }) => sequence > 3 * fps);
      assert.ok(records[name]!.every(({ age_ms }) => age_ms <= 1000), found);
      assert.ok(median(settled.map(({ age_ms }) => age_ms)) <= worstMedianMs, found);
      const gaps = settled.slice(1).map(({ sequence }, i) => sequence - settled[i]!.sequence);
      const uneven = gaps.filter((gap) => gap > 2 + 1 / share).length;
      assert.ok(uneven <= 0.1 * gaps.length, `${name}: ${gaps}`);
      assert.equal(summaries[name]!.frames.dropped.error, 0, found);
    }
  });
}
