/** The guide's plugin that calls out, against a receiver that takes its time. */

import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { runSystem } from "./support/system_run.ts";
import { withFiles } from "./support/with_files.ts";

const root = fileURLToPath(new URL("../", import.meta.url));
const answersAfterMs = 3000;
const frames = 120;

/** The plugin as the guide has it, for a receiver on that port. */
async function plugin(port: number): Promise<string> {
  const guide = await Deno.readTextFile(`${root}docs/use_cases.md`);
  const [, section = ""] = /^## Calling out\n([^]*?)^## /m.exec(guide) ?? [];
  const [, code = ""] = /^```ts\n([^]*?)^```$/m.exec(section) ?? [];
  assert.match(code, /export default alarm/);
  return code.replaceAll("8199", String(port));
}

Deno.test("the guide's way to call out loses no frame and no event to a receiver that takes 3 s", async () => {
  const received: { readonly type: string }[] = [];
  const late = new Set<ReturnType<typeof setTimeout>>();
  const take = async (request: Request) => {
    received.push(await request.json());
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(() => {
      late.delete(timer);
      resolve();
    }, answersAfterMs);
    late.add(timer);
    await promise;
    return new Response("thanks");
  };
  const stop = new AbortController();
  const options = { hostname: "127.0.0.1", port: 0, signal: stop.signal, onListen: () => {} };
  const receiver = Deno.serve(options, take);
  try {
    await withFiles({ "alarm.ts": await plugin(receiver.addr.port) }, async (folder) => {
      // At the clip's own pace, as a camera would deliver it.
      await using run = await runSystem([
        ...["--stream_url", `${root}demo/street.mp4`, "--fps", "25"],
        ...["--limit_frames", String(frames), "--use_case", `${folder}/alarm.ts`],
        ...["--model_path", `${root}demo/person_vehicle_bike.onnx`],
        ...["--allow_plugin", `net=127.0.0.1:${receiver.addr.port}`],
      ]);
      const { code, stderr, records, summary } = await run.result();
      assert.equal(code, 0, stderr);
      assert.equal(summary.frames.dropped.error, 0, stderr);
      // A busy machine may drop frames before the plugin; none that reached it is lost.
      assert.equal(records.length, summary.frames.processed, stderr);
      const events = records.flatMap(({ events }) => events);
      assert.ok(events.length > 1, `${records.length} records`);
      assert.equal(received.length, events.length, stderr);
      assert.doesNotMatch(stderr, /Cannot tell|started again/);
    });
  } finally {
    for (const timer of late) clearTimeout(timer);
    stop.abort();
    await receiver.finished;
  }
});
