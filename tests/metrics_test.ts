/** What Prometheus and an orchestrator see of a running app, a reload included. */

import assert from "node:assert/strict";
import { freePort } from "./support/free_port.ts";
import {
  fallen,
  parseMetrics,
  promtool,
  promtoolReason,
  runPromtool,
} from "./support/metrics_text.ts";
import { poll } from "./support/poll.ts";
import { clipConfig, withApp } from "./support/with_app.ts";
import { withFiles } from "./support/with_files.ts";

function received(text: string, stream: string): number {
  return parseMetrics(text).get(`sightline_frames_received_total{stream="${stream}"}`) ?? 0;
}

Deno.test("no counter goes backwards when a stream is exchanged, goes and comes back", async () => {
  await withApp({ door: {}, yard: {} }, async ({ app, port, scrape }) => {
    let last = "";
    const beyond = async (stream: string, frames: number) => {
      await poll(`${stream} has received ${frames} frames`, async () => {
        const text = await scrape();
        const gone = parseMetrics(text).has(`sightline_viewers{stream="door"}`) ? [] : ["door"];
        const down = fallen(last, text).filter((name) => !gone.some((it) => name.includes(it)));
        assert.deepEqual(down, []);
        last = text;
        return received(text, stream) >= frames;
      }, 20_000);
    };
    await beyond("door", 20);
    // Twice between two scrapes.
    await app.apply(await clipConfig(port, { door: { buffer_size: 50 }, yard: {} }));
    await app.apply(await clipConfig(port, { door: { buffer_size: 60 }, yard: {} }));
    await beyond("door", 30);
    const before = received(last, "door");
    await app.apply(await clipConfig(port, { yard: {} }));
    assert.doesNotMatch(await scrape(), /stream="door"/);
    await app.apply(await clipConfig(port, { door: {}, yard: {} }));
    await beyond("door", before + 1);
    const summaries = app.summaries.filter(({ stream }) => stream === "door");
    assert.equal(summaries.length, 4);
    const frames = summaries.reduce((sum, { frames }) => sum + frames.received, 0);
    assert.ok(received(last, "door") <= frames && received(last, "door") > before);
  });
});

Deno.test("what becomes of a secondary model's detections is counted", async () => {
  const returning = (analysis: string) =>
    `export default () => ({
      input: { width: 8, height: 8, channels: "gray" },
      preprocess: () => ({}),
      postprocess: () => (${analysis}),
    });`;
  const box = "{ x: 0, y: 0, width: 1, height: 1 }";
  const sees = returning(
    `{ detections: [{ label: "it", labelId: 0, confidence: 1, box: ${box} }] }`,
  );
  const says = returning("{ data: 1 }");
  await withFiles({ "sees.ts": sees, "says.ts": says }, async (directory) => {
    const secondary = { no_model: true, use_case: `${directory}/says.ts` };
    const door = { use_case: `${directory}/sees.ts`, secondary };
    await withApp({ door, yard: {} }, async ({ app, scrape }) => {
      const series = (outcome: string) =>
        `sightline_secondary_detections_total{stream="door",outcome="${outcome}"}`;
      await poll("the secondary model was asked ten times", async () => {
        return parseMetrics(await scrape()).get(series("asked"))! >= 10;
      }, 20_000);
      const before = app.statuses[0]!.secondary!;
      const text = await scrape();
      const after = app.statuses[0]!.secondary!;
      for (const outcome of ["asked", "reused", "missed"] as const) {
        const value = parseMetrics(text).get(series(outcome))!;
        assert.ok(before[outcome] <= value && value <= after[outcome], outcome);
      }
      assert.doesNotMatch(text, /secondary_detections_total\{stream="yard"/);
    });
  });
});

Deno.test(`promtool accepts every line of /metrics${promtoolReason}`, {
  ignore: promtool === null,
}, async () => {
  await withApp({ "door": { isolation: "process" } }, async ({ scrape }) => {
    await poll("a frame was processed", async () => {
      return received(await scrape(), "door") > 0;
    }, 20_000);
    await runPromtool(["check", "metrics"], await scrape());
  });
});

Deno.test("the ledger, ages and children of a stream stand in /metrics", async () => {
  await withApp({ door: { isolation: "process" } }, async ({ scrape, app }) => {
    let series = new Map<string, number>();
    await poll("ffmpeg and plugin have used CPU time", async () => {
      const text = await scrape();
      series = parseMetrics(text);
      if (received(text, "door") === 0) return false;
      const used = (name: string) =>
        [...series].some(([key, value]) => key.startsWith(`sightline_${name}`) && value > 0);
      return Deno.build.os !== "linux" ||
        used("plugin_cpu_seconds_total{") &&
          used(`ffmpeg_cpu_seconds_total{camera="door",work="decode"}`);
    }, 30_000);
    const value = (name: string, labels = "") => {
      const key = `sightline_${name}{${labels}stream="door"}`;
      assert.ok(series.has(key), key);
      return series.get(key)!;
    };
    const dropped = ["queue_full", "too_old", "skipped", "no_answer", "error"].map((reason) =>
      series.get(`sightline_frames_dropped_total{stream="door",reason="${reason}"}`)!
    );
    assert.equal(
      value("frames_received_total"),
      dropped.reduce((sum, count) => sum + count) + value("frames_processed_total") +
        value("frames_in_flight"),
    );
    assert.equal(value("result_age_seconds_count"), value("frames_processed_total"));
    assert.equal(
      value("result_age_seconds_bucket", `le="+Inf",`),
      value("result_age_seconds_count"),
    );
    assert.equal(series.get(`sightline_stream_state{stream="door",state="live"}`), 1);
    assert.equal(series.get(`sightline_stream_state{stream="door",state="failed"}`), 0);
    assert.ok(app.statuses[0]!.frames.processed >= value("frames_processed_total"));
  });
});

Deno.test("/readyz names the stream that is not live, and why", async () => {
  const away = `rtsp://user:secret@127.0.0.1:${freePort()}/none`;
  await withApp({ door: {}, yard: { stream_url: away } }, async ({ get }) => {
    await poll("only yard is away", async () => {
      const response = await get("/readyz");
      const { ready, streams } = await response.json();
      assert.deepEqual([response.status, ready], [503, false]);
      assert.ok(!JSON.stringify(streams).includes("secret"));
      return streams.length === 1 && streams[0].stream === "yard" &&
        /refused/.test(streams[0].reason);
    }, 20_000);
    const alive = await get("/healthz");
    assert.deepEqual([alive.status, await alive.text()], [200, "ok\n"]);
    const posted = await fetch((await get("/metrics")).url, { method: "POST" });
    assert.equal(posted.status, 405);
    await posted.body?.cancel();
  });
});

Deno.test("a plugin that hangs is counted among failures and restarts", async () => {
  const plugin = `export default () => ({
    input: { width: 32, height: 18, pixelFormat: "bgr24" },
    preprocess({ sequence, data }) {
      if (sequence === 5) for (;;);
      return { pixels: { datatype: "UINT8", shape: [data.length], data } };
    },
    postprocess: () => ({}),
  });`;
  await withFiles({ "hangs.js": plugin }, async (folder) => {
    const settings = {
      use_case: `${folder}/hangs.js`,
      isolation: "process",
      plugin_timeout_ms: 300,
    };
    await withApp({ door: settings }, async ({ scrape }) => {
      await poll("it was started again", async () => {
        const series = parseMetrics(await scrape());
        const value = (name: string) => series.get(`sightline_${name}{stream="door"}`) ?? 0;
        return value("plugin_restarts_total") >= 1 && value("plugin_failures_total") >= 1;
      }, 20_000);
    });
  });
});
