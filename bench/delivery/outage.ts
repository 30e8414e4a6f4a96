/** What an outage costs: the same camera with a destination that is away, and one that is there. */

import { deepEqual } from "node:assert/strict";
import { EventStore } from "../../src/events/event_store.ts";
import { runSightline } from "../../tests/support/run_sightline.ts";
import { WebhookReceiver } from "../../tests/support/webhook_receiver.ts";
import { withFiles } from "../../tests/support/with_files.ts";
import { startCameras } from "../streams.ts";

const shape = { width: 640, height: 360, fps: 25 };

/** 25 frames a second with two events each. */
const talker = `
export default () => ({
  input: { width: 32, height: 32 },
  preprocess: () => ({ x: { datatype: "INT32", shape: [1], data: Int32Array.of(0) } }),
  postprocess: () => ({ events: [{ type: "told" }, { type: "told" }] }),
});`;

/** Both run at the same time, so that what the machine does meets them alike. */
export async function outage(minutes: number, log: (line: string) => void): Promise<void> {
  const seconds = 60 * minutes;
  await using cameras = await startCameras(shape, 2);
  await withFiles({ "talker.js": talker }, async (directory) => {
    const away = new WebhookReceiver();
    const { port, url } = away;
    await away[Symbol.asyncDispose]();
    await using there = new WebhookReceiver();
    const start = async (name: string, camera: string, sink: string) => {
      const settings = {
        streams: {
          yard: {
            stream_url: cameras.url(camera),
            no_model: true,
            use_case: `${directory}/talker.js`,
            isolation: "worker",
            sink: { webhook: { url: sink, format: "cloudevents_batch", retry: ["2s"] } },
          },
        },
        data_dir: `${directory}/${name}`,
        benchmark: true,
        limit_duration: `${seconds + 30}s`,
      };
      // JSON is YAML.
      await Deno.writeTextFile(`${directory}/${name}.yaml`, JSON.stringify(settings));
      return runSightline(["--config", `${directory}/${name}.yaml`], {
        timeoutMs: (seconds + 120) * 1000,
      });
    };
    await using control = await start("control", "cam0", there.url);
    await using sightline = await start("outage", "cam1", url);
    await sightline.waitForLine(/takes no events/);
    await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
    await using receiver = new WebhookReceiver({ port });
    const ids = idReader(receiver);
    const line = await sightline.waitForLine(/takes events again after/);
    const beginMs = performance.now();
    const [, missed] = /; (\d+) wait/.exec(line)!;
    while (ids().length < Number(missed)) await new Promise((resolve) => setTimeout(resolve, 20));
    const drainS = (performance.now() - beginMs) / 1000;
    for (const [name, { result }] of [["outage", sightline], ["control", control]] as const) {
      const { code, stdout } = await result;
      const { frames, age_ms } = JSON.parse(stdout);
      log(
        `outage ${minutes} min at 50 events a second, ${name}: exit code ${code}, ` +
          `frames ${JSON.stringify(frames)}, age ${JSON.stringify(age_ms)}`,
      );
    }
    using store = new EventStore(`${directory}/outage/events.db`, { readOnly: true });
    const written = store.after(0, 10_000_000).map(({ event }) => event.id);
    deepEqual([...new Set(ids())], written);
    log(`${written.length} events, 0 lost, in order; ${missed} drained in ${drainS.toFixed(1)} s`);
  });
}

/** Ids in the order in which they came, of batches; each body is read once. */
function idReader({ requests }: WebhookReceiver): () => readonly string[] {
  const ids: string[] = [];
  let read = 0;
  return () => {
    for (; read < requests.length; read++) {
      const batch = JSON.parse(requests[read]!.body) as {
        readonly data: { readonly id: string };
      }[];
      ids.push(...batch.map(({ data }) => data.id));
    }
    return ids;
  };
}
