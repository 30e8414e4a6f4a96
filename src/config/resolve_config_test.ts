import assert from "node:assert/strict";
import { fileURLToPath, pathToFileURL } from "node:url";
import { dirname, resolve } from "node:path";
import { assetUrl } from "../assets.ts";
import { resolveConfig } from "./resolve_config.ts";
import { asSentence, needed, resolved, resolvedStream } from "../../tests/support/resolved.ts";

Deno.test("resolveConfig() fills in the documented defaults", () => {
  assert.deepEqual(resolved(needed), {
    streams: [{
      name: "default",
      camera: "default",
      source: {
        url: "rtsp://camera/live",
        rtspTransport: "tcp",
        rtspListen: false,
        tls: { caFile: null, insecure: false },
        fps: null,
        decode: "all",
        region: null,
        motion: null,
        hwaccel: null,
        ffmpegMemoryMb: 512,
        clipAudio: false,
        stallTimeoutMs: 10_000,
        reconnectLimit: 0,
        ring: { seconds: 10, megabytes: 32 },
        outputs: [],
      },
      inference: {
        kind: "server",
        sidePackets: {},
        url: "grpc://ovms:9000",
        modelName: "m",
        modelVersion: 0,
        api: "auto",
        timeoutMs: 5000,
        tls: { caFile: null, certFile: null, keyFile: null },
      },
      secondary: null,
      scene: null,
      media: {
        snapshots: [
          "object_started",
          "object_updated",
          "object_ended",
          "zone_entered",
          "zone_dwelled",
          "line_crossed",
        ],
        clips: null,
      },
      sharing: { maxInFlight: null, batchMaxSize: 1, batchMaxWaitMs: 5 },
      useCase: {
        module: assetUrl("plugins/person_vehicle_bike.ts").href,
        options: undefined,
        isolation: "worker",
        sharing: "plugin",
        granted: {},
        timeoutMs: 1000,
        memoryMb: 512,
        watch: false,
        cacheDir: null,
      },
      destinations: [],
      sinks: [],
      binaryInput: false,
      executors: 4,
      bufferSize: 100,
      maxFrameAgeMs: 1000,
    }],
    visualizer: null,
    metrics: null,
    events: { dataDir: null, keepDays: 30, keepDaysByLabel: {}, keepGb: null },
    publicUrl: null,
    traceSample: 0,
    log: { level: "INFO", format: "text" },
    limits: { frames: null, durationMs: null, drainMs: 600 },
    benchmark: false,
  });
});

Deno.test("resolveConfig() takes every setting over", () => {
  const config = resolved({
    stream_url: "rtsp://0.0.0.0:8554/in",
    stream_name: "Tür_1",
    rtsp_transport: "UDP",
    rtsp_listen: true,
    fps: 12.5,
    decode: "KeyFrames",
    region: "0.1, 0.2,0.5,0.8",
    motion_threshold: 0.01,
    motion_hold_ms: 700,
    hwaccel: "vaapi",
    ffmpeg_memory_mb: 700,
    clip_audio: true,
    stall_timeout_ms: 500,
    reconnect_limit: 3,
    ring_s: 20,
    ring_mb: 64,
    output: ["rtsp://h/a", "hls:live"],
    output_boxes: true,
    track: true,
    snapshots: ["none"],
    clips: { types: ["plate"], before_s: 2, hidden: "encode" },
    zones: [{ name: "yard", polygon: [[0, 0], [1, 0], [1, 1]], dwell_ms: 500 }],
    objects: { labels: ["person"], min_confidence: 0.7 },
    buffer_size: 1,
    max_frame_age_ms: 250,
    ovms_url: "GRPCS://ovms:9000/",
    model_name: "m",
    model_version: 2,
    api: "tfs",
    binary_input: true,
    inference_executors: 8,
    inference_timeout_ms: 100,
    max_in_flight: 2,
    batch_max_size: 8,
    batch_max_wait_ms: 2.5,
    tls_ca: "ca.pem",
    tls_cert: "cert.pem",
    tls_key: "key.pem",
    use_case: "https://plugins.example/x.ts",
    use_case_options: { threshold: 0.5 },
    isolation: "Process",
    allow_plugin: ["net=a,b:80,read=./zones.json", "net=c,env=*"],
    plugin_timeout_ms: 50,
    plugin_memory_mb: 256,
    plugin_cache: "cache",
    sink: ["stdout", "jsonl:a:b.jsonl"],
  }, {
    visualizer_port: 5000,
    visualizer_host: "0.0.0.0",
    visualizer_token: "open sesame",
    visualizer_operate_token_file: "/secrets/operate",
    visualizer_user: "ada",
    visualizer_password_file: "/secrets/ada",
    visualizer_base_path: "/cameras",
    visualizer_trusted_proxies: ["10.0.0.0/8"],
    visualizer_tls_cert: "cert.pem",
    visualizer_tls_key: "key.pem",
    max_view_age_ms: 800,
    data_dir: "events",
    keep_days: 7,
    keep_days_by_label: { person: 90 },
    keep_gb: 2.5,
    limit_frames: 10,
    limit_duration: "2m",
    benchmark: true,
    log_level: "debug",
    log_format: "json",
  });
  assert.deepEqual(config, {
    streams: [{
      name: "Tür_1",
      camera: "Tür_1",
      source: {
        url: "rtsp://0.0.0.0:8554/in",
        rtspTransport: "udp",
        rtspListen: true,
        tls: { caFile: null, insecure: false },
        fps: 12.5,
        decode: "keyframes",
        region: { x: 0.1, y: 0.2, width: 0.5, height: 0.8 },
        motion: { threshold: 0.01, holdMs: 700 },
        hwaccel: "vaapi",
        ffmpegMemoryMb: 700,
        clipAudio: true,
        stallTimeoutMs: 500,
        reconnectLimit: 3,
        ring: { seconds: 20, megabytes: 64 },
        outputs: [
          { kind: "rtsp", url: "rtsp://h/a", boxes: true },
          { kind: "hls", path: "live", boxes: true, segments: 6, segmentS: 2 },
        ],
      },
      inference: {
        kind: "server",
        sidePackets: {},
        url: "grpcs://ovms:9000",
        modelName: "m",
        modelVersion: 2,
        api: "tfs",
        timeoutMs: 100,
        tls: { caFile: "ca.pem", certFile: "cert.pem", keyFile: "key.pem" },
      },
      secondary: null,
      scene: {
        objects: {
          labels: ["person"],
          min_confidence: 0.7,
          min_frames: 3,
          min_ms: 0,
          lost_after_ms: 2000,
          stationary_after_ms: 10_000,
          update_every_ms: 5000,
          masks: [],
        },
        zones: [{
          name: "yard",
          polygon: [[0, 0], [1, 0], [1, 1]],
          anchor: "bottom",
          enter_after_ms: 200,
          leave_after_ms: 1000,
          dwell_ms: 500,
        }],
        lines: [],
      },
      media: {
        snapshots: [],
        clips: {
          types: ["plate"],
          before_s: 2,
          after_s: 5,
          max_s: 120,
          hidden: "encode",
          hidden_height: 720,
        },
      },
      sharing: { maxInFlight: 2, batchMaxSize: 8, batchMaxWaitMs: 2.5 },
      useCase: {
        module: "https://plugins.example/x.ts",
        options: { threshold: 0.5 },
        isolation: "process",
        sharing: "plugin",
        granted: { net: ["a", "b:80", "c"], read: ["./zones.json"], env: true },
        timeoutMs: 50,
        memoryMb: 256,
        watch: false,
        cacheDir: "cache",
      },
      destinations: [],
      sinks: [{ kind: "stdout" }, { kind: "jsonl", path: "a:b.jsonl" }],
      binaryInput: true,
      executors: 8,
      bufferSize: 1,
      maxFrameAgeMs: 250,
    }],
    visualizer: {
      host: "0.0.0.0",
      port: 5000,
      access: {
        token: { value: "open sesame" },
        operateToken: { file: "/secrets/operate" },
        user: "ada",
        password: { file: "/secrets/ada" },
      },
      basePath: "/cameras/",
      trustedProxies: [{ address: "10.0.0.0", bits: 8 }],
      tls: { certFile: "cert.pem", keyFile: "key.pem" },
      maxViewAgeMs: 800,
    },
    metrics: null,
    events: { dataDir: "events", keepDays: 7, keepDaysByLabel: { person: 90 }, keepGb: 2.5 },
    publicUrl: null,
    traceSample: 0,
    log: { level: "DEBUG", format: "json" },
    limits: { frames: 10, durationMs: 120_000, drainMs: 600 },
    benchmark: true,
  });
});

Deno.test("resolveConfig() keeps a stream's URL as it was typed, whatever its password holds", () => {
  for (const url of ["rtsp://u:p@ss:w/o#r?d!@camera/live", "RTSPS://camera", "http://h:1/x?a=b"]) {
    assert.equal(resolvedStream({ ...needed, stream_url: url }).source.url, url);
  }
});

Deno.test("resolveConfig() turns a file: URL into its path, and leaves a path as it is", () => {
  const path = resolve("a b%.mp4");
  const href = pathToFileURL(path).href;
  assert.equal(resolvedStream({ ...needed, stream_url: href }).source.url, path);
  assert.equal(resolvedStream({ ...needed, use_case: href }).useCase.module, path);
  assert.equal(resolvedStream({ ...needed, stream_url: "a/b.mp4" }).source.url, "a/b.mp4");
});

const durations: [given: string | number, ms: number][] = [
  ["10", 10_000],
  ["1.5", 1500],
  [".5s", 500],
  ["500ms", 500],
  ["2m", 120_000],
  ["1h", 3_600_000],
  [10, 10_000],
];

for (const [given, ms] of durations) {
  Deno.test(`resolveConfig() sees --limit_duration ${JSON.stringify(given)} as ${ms} ms`, () => {
    assert.equal(resolved(needed, { limit_duration: given }).limits.durationMs, ms);
  });
}

Deno.test("resolveConfig() sees port 0 as no live view", () => {
  assert.equal(resolved(needed, { visualizer_port: 0 }).visualizer, null);
});

Deno.test("resolveConfig() watches a plugin on this machine, and no other", () => {
  const watched = (use_case: string) => {
    const { config, notices } = resolveConfig({
      process: {},
      streams: [{ ...needed, use_case, watch: true }],
    });
    return [config?.streams[0]?.useCase.watch, ...notices.map(asSentence)];
  };
  assert.deepEqual(watched("x.ts"), [true]);
  assert.deepEqual(watched("https://plugins.example/x.ts"), [
    false,
    "--watch has no effect with a plugin that is given by its URL",
  ]);
});

Deno.test("resolveConfig() gives no configuration when there is a problem, and keeps what is right", () => {
  const { config, problems, streams } = resolveConfig({
    process: {},
    streams: [{ ...needed, fps: "fast", sink: ["nonsense", "stdout"] }],
  });
  assert.equal(config, null);
  assert.deepEqual(problems.map(({ setting }) => setting), ["fps", "sink"]);
  assert.deepEqual(streams[0]?.sink, [{ kind: "stdout", values: {} }]);
});

Deno.test("resolveConfig() puts a plugin into a process, unless it ships with Sightline or is trusted", () => {
  const isolation = (settings: Record<string, unknown>) =>
    resolvedStream({ ...needed, ...settings }).useCase.isolation;
  assert.equal(isolation({ use_case: "https://plugins.example/x.ts" }), "process");
  assert.equal(isolation({ use_case: "x.ts" }), "process");
  assert.equal(isolation({ use_case: "file:///x.ts" }), "process");
  assert.equal(isolation({ use_case: "x.ts", isolation: "worker" }), "worker");
  const shipped = fileURLToPath(assetUrl("plugins/motion.ts"));
  assert.equal(isolation({}), "worker");
  assert.equal(isolation({ use_case: shipped }), "worker");
  assert.equal(isolation({ use_case: assetUrl("plugins/motion.ts").href }), "worker");
  assert.equal(isolation({ use_case: `${dirname(shipped)}/../x.ts` }), "process");
  assert.equal(isolation({ use_case: shipped, isolation: "process" }), "process");
  assert.equal(
    isolation({ use_case: "https://plugins.example/x.ts", isolation: "worker" }),
    "worker",
  );
});

Deno.test("resolveConfig() tells which streams are of one camera", () => {
  const streams = ["door.faces", "yard"].map((stream_name) => ({ ...needed, stream_name }));
  const { config } = resolveConfig({ process: {}, streams, cameras: ["door", "yard"] });
  assert.deepEqual(config?.streams.map(({ name, camera }) => [name, camera]), [
    ["door.faces", "door"],
    ["yard", "yard"],
  ]);
});
