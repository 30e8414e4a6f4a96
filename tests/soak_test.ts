/** The short form of `deno task bench soak`. */

import assert from "node:assert/strict";
import { soak } from "../bench/soak/soak.ts";
import { brokenPromises } from "../bench/soak/verdict.ts";
import { procMissing, procReason } from "./support/processes.ts";
import { rtspReason, rtspServerMissing } from "./support/with_rtsp_server.ts";

Deno.test({
  name: "16 cameras with a fault every five seconds: exact books, nothing leaked" +
    (rtspReason || procReason),
  ignore: rtspServerMissing || procMissing,
  async fn() {
    const report = await soak({
      streams: 16,
      minutes: 1.5,
      faultEveryMs: 5_000,
      warmupMinutes: 0.5,
      onProgress() {},
    });
    // A slope over a minute says nothing.
    assert.deepEqual(brokenPromises(report, { fitMemory: false }), [], Deno.inspect(report));
    assert.equal(report.summaries.length, 16);
    for (const { stream, frames } of report.summaries) {
      assert(frames.processed > 0, `${stream} gave no result`);
      // It throws now and then, so that some frames end so.
      assert(frames.dropped.error > 0, `${stream} met no fault`);
    }
    assert.equal(Object.keys(report.faults).length, 4, Deno.inspect(report.faults));
  },
});
