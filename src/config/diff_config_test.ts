import assert from "node:assert/strict";
import { diffConfig } from "./diff_config.ts";
import { resolveConfig } from "./resolve_config.ts";
import type { ResolvedConfig } from "./resolve_config.ts";

function config(
  streams: Readonly<Record<string, Record<string, unknown>>>,
  process: Record<string, unknown> = {},
): ResolvedConfig {
  const { config, problems } = resolveConfig({
    process,
    streams: Object.entries(streams).map(([stream_name, more]) => ({
      stream_name,
      stream_url: `rtsp://camera/${stream_name}`,
      no_model: true,
      use_case: "plugins/motion.ts",
      ...more,
    })),
  });
  assert(config !== null, JSON.stringify(problems));
  return config;
}

Deno.test("the same configuration read twice changes nothing", () => {
  const read = () => config({ door: {}, yard: { sink: ["stdout"] } }, { log_level: "DEBUG" });
  assert.deepEqual(diffConfig(read(), read()), {
    added: [],
    changed: [],
    removed: [],
    needsRestart: [],
  });
});

Deno.test("streams are told apart by name, whatever their order", () => {
  const before = config({ door: {}, yard: {}, gate: {} });
  const after = config({ hall: {}, gate: { fps: 5 }, door: {} });
  const { added, changed, removed } = diffConfig(before, after);
  assert.deepEqual(added.map(({ name }) => name), ["hall"]);
  assert.deepEqual(changed, after.streams.slice(1, 2));
  assert.deepEqual(removed, ["yard"]);
});

Deno.test("settings of the process are named when they wait for the next start", () => {
  const after = config({ door: {} }, { visualizer_port: 5000, log_format: "json" });
  assert.deepEqual(diffConfig(config({ door: {} }), after).needsRestart, ["visualizer", "log"]);
});
