import { match } from "node:assert/strict";
import { strFromU8, unzipSync } from "fflate";
import { supportBundle } from "./support_bundle.ts";

Deno.test("supportBundle() holds no credentials that a plugin or an output's address gave away", async () => {
  const files = unzipSync(
    await supportBundle({
      config: () => ({}),
      log: () => ["plugin: rtsp://ada:hidden@cam/live token=hidden\n", "second\n"],
      metrics: () => Promise.resolve('up{output="rtmp://h/app/hidden"} 1\n'),
      health: { outputs: ["rtmp://h/app/hidden"] },
    }),
  );
  const text = (name: string) => strFromU8(files[name]!);
  match(text("log.txt"), /^plugin: rtsp:\/\/ada:\*\*\*@cam\/live token=\*\*\*\nsecond\n$/);
  match(text("metrics.txt"), /^up\{output="rtmp:\/\/h\/app\/\*\*\*"\} 1\n$/);
  match(text("health.json"), /"rtmp:\/\/h\/app\/\*\*\*"/);
});
