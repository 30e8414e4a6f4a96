/** Events of the real program reach a webhook at least once, in order, over kills and outages. */

import { deepEqual, equal, ok } from "node:assert/strict";
import { EventStore } from "../src/events/event_store.ts";
import type { SightlineEvent } from "../src/events/event.ts";
import { runSightline, sightlineResult } from "./support/run_sightline.ts";
import { WebhookReceiver } from "./support/webhook_receiver.ts";
import { withFiles } from "./support/with_files.ts";

/** Ten events of each frame, whose numbers go on over restarts. */
const talker = `
export default () => {
  let frame = 0;
  return {
    input: { width: 32, height: 32 },
    preprocess: () => ({ x: { datatype: "INT32", shape: [1], data: Int32Array.of(0) } }),
    postprocess: () => ({
      events: Array.from({ length: 10 }, (_, index) => ({ type: "told", index, frame: frame++ })),
    }),
  };
};`;

const clip = new URL("../demo/street.mp4", import.meta.url).pathname;

function argsOf(directory: string, url: string): string[] {
  return [
    ...["--stream_url", clip, "--fps", "15", "--no_model", "--use_case", `${directory}/talker.js`],
    ...["--isolation", "worker", "--data_dir", `${directory}/data`, "--sink", url],
  ];
}

/** Without repetitions, in the order in which each came first. */
function firsts(events: readonly SightlineEvent[]): string[] {
  return [...new Set(events.map(({ id }) => id))];
}

Deno.test("a webhook gets every event in order over SIGKILL, and few of them twice", async () => {
  await using receiver = new WebhookReceiver();
  await withFiles({ "talker.js": talker }, async (directory) => {
    const kills = 4;
    for (let life = 1; life <= kills; life++) {
      await using sightline = runSightline(argsOf(directory, receiver.url));
      await receiver.received(receiver.requests.length + 30 * life);
      sightline.signal("SIGKILL");
      await sightline.exited;
    }
    const last = await sightlineResult([
      ...argsOf(directory, receiver.url),
      ...["--limit_frames", "5"],
    ]);
    equal(last.code, 0, last.stderr);
    using store = new EventStore(`${directory}/data/events.db`, { readOnly: true });
    const kept = store.after(0, 100_000).map(({ event }) => event.id);
    const { events } = receiver;
    deepEqual(firsts(events), kept);
    // One stream has one request under way.
    ok(events.length - kept.length <= kills, `${events.length - kept.length} came twice`);
  });
});
