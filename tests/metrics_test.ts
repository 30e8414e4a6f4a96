/** What Prometheus and an orchestrator see of a running app, a reload included. */

import assert from "node:assert/strict";
import { getLogger } from "@logtape/logtape";
import { App } from "../src/app/app.ts";
import { resolveConfig } from "../src/config/resolve_config.ts";
import type { ResolvedConfig } from "../src/config/resolved.ts";
import { numberedClip } from "./support/clips.ts";
import {
  fallen,
  parseMetrics,
  promtool,
  promtoolReason,
  runPromtool,
} from "./support/metrics_text.ts";
import { poll } from "./support/poll.ts";
import { freePort } from "./support/system_run.ts";

type Settings = Readonly<Record<string, unknown>>;

async function configOf(
  metrics_port: number,
  streams: Readonly<Record<string, Settings>>,
): Promise<ResolvedConfig> {
  const clip = await numberedClip({ width: 320, height: 180, fps: 25, frames: 500 });
  const { config, problems } = resolveConfig({
    process: { metrics_port },
    streams: Object.entries(streams).map(([stream_name, settings]) => ({
      stream_name,
      stream_url: clip.file,
      fps: 25,
      no_model: true,
      use_case: "plugins/motion.ts",
      sink: ["jsonl:/dev/null"],
      ...settings,
    })),
  });
  assert(config !== null, JSON.stringify(problems));
  return config;
}

/** What asks the demo's model. */
const withModel = {
  no_model: false,
  model_path: "demo/person_vehicle_bike.onnx",
  use_case: "plugins/person_vehicle_bike.ts",
};

interface Fixture {
  readonly app: App;
  readonly port: number;
  scrape(): Promise<string>;
  get(path: string): Promise<Response>;
}

async function withApp(
  streams: Readonly<Record<string, Settings>>,
  use: (fixture: Fixture) => Promise<void>,
): Promise<void> {
  const port = freePort();
  const app = await App.open(await configOf(port, streams), getLogger(["test"]));
  await using _app = app;
  const stop = new AbortController();
  const running = app.run(stop.signal, new AbortController().signal);
  const get = (path: string) => fetch(`http://127.0.0.1:${port}${path}`);
  try {
    await use({ app, port, get, scrape: async () => await (await get("/metrics")).text() });
  } finally {
    stop.abort();
    await running;
  }
}

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
    await app.apply(await configOf(port, { door: { buffer_size: 50 }, yard: {} }));
    await app.apply(await configOf(port, { door: { buffer_size: 60 }, yard: {} }));
    await beyond("door", 30);
    const before = received(last, "door");
    await app.apply(await configOf(port, { yard: {} }));
    assert.doesNotMatch(await scrape(), /stream="door"/);
    await app.apply(await configOf(port, { door: {}, yard: {} }));
    await beyond("door", before + 1);
    const summaries = app.summaries.filter(({ stream }) => stream === "door");
    assert.equal(summaries.length, 4);
    const frames = summaries.reduce((sum, { frames }) => sum + frames.received, 0);
    assert.ok(received(last, "door") <= frames && received(last, "door") > before);
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
      const used = (name: string) => (series.get(name) ?? 0) > 0;
      return Deno.build.os !== "linux" ||
        used(`sightline_plugin_cpu_seconds_total{stream="door"}`) &&
          used(`sightline_ffmpeg_cpu_seconds_total{stream="door",work="decode"}`);
    }, 30_000);
    const value = (name: string, labels = "") => {
      const key = `sightline_${name}{${labels}stream="door"}`;
      assert.ok(series.has(key), key);
      return series.get(key)!;
    };
    const dropped = ["queue_full", "too_old", "skipped", "error"].map((reason) =>
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
  const nobody = `rtsp://user:secret@127.0.0.1:${freePort()}/none`;
  await withApp({ door: {}, yard: { stream_url: nobody } }, async ({ get }) => {
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

Deno.test("docs/metrics.md names every metric there is, and no other", async () => {
  const docs = await Deno.readTextFile(new URL("../docs/metrics.md", import.meta.url));
  const documented = Array.from(docs.matchAll(/^\| `(\w+)` /gm), ([, name]) => name);
  await withApp({ door: { isolation: "process" }, yard: withModel }, async ({ scrape }) => {
    const served = Array.from((await scrape()).matchAll(/^# TYPE (\w+)/gm), ([, name]) => name);
    assert.deepEqual(documented.toSorted(), served.toSorted());
  });
});
