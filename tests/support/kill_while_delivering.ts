/** The real program, killed again and again while it delivers: nothing is lost, the order holds. */

import { deepEqual, equal, ok } from "node:assert/strict";
import { DeliveryStore } from "../../src/delivery/store/delivery_store.ts";
import { EventStore } from "../../src/events/event_store.ts";
import { poll } from "./poll.ts";
import { runSightline } from "./run_sightline.ts";
import { withFiles } from "./with_files.ts";

/** Ten events of each frame. */
const talker = `
export default () => {
  let index = 0;
  return {
    input: { width: 32, height: 32 },
    preprocess: () => ({ x: { datatype: "INT32", shape: [1], data: Int32Array.of(0) } }),
    postprocess: () => ({
      events: Array.from({ length: 10 }, () => ({ type: "told", index: index++ })),
    }),
  };
};`;

const clip = new URL("../../demo/street.mp4", import.meta.url).pathname;

/** What is tried. */
export interface KillOptions {
  /** The URL of a sink. */
  readonly sink: string;
  readonly kills: number;
  /** Ids of the events that arrived, in their order, with repetitions. */
  received(): Promise<readonly string[]> | readonly string[];
  /** Events that may be under way, and come twice for each kill. */
  readonly window: number;
}

/** What came of it. */
export interface KillReport {
  readonly written: number;
  readonly repeated: number;
}

/** Asserts that every event of the log arrived, in the order of the log, few of them twice. */
export async function killWhileDelivering(
  { sink, kills, received, window }: KillOptions,
): Promise<KillReport> {
  let report: KillReport = { written: 0, repeated: 0 };
  await withFiles({ "talker.js": talker }, async (directory) => {
    const args = [
      ...["--stream_url", clip, "--fps", "15", "--no_model"],
      ...["--use_case", `${directory}/talker.js`, "--isolation", "worker"],
      ...["--data_dir", `${directory}/data`, "--sink", sink],
    ];
    for (let life = 0; life < kills; life++) {
      const wanted = (await received()).length + 20 + Math.floor(Math.random() * 200);
      await using sightline = runSightline(args);
      await poll("events arrive", async () => (await received()).length >= wanted, 100_000);
      sightline.signal("SIGKILL");
      await sightline.exited;
    }
    // Lives that tell nothing new, until all that waits is delivered.
    const quiet = args.with(args.indexOf(`${directory}/talker.js`), "motion");
    const waiting = () => {
      using store = new DeliveryStore(`${directory}/data/deliveries.db`, { readOnly: true });
      const { accepted, delivered } = store.states()[0]!;
      return accepted - delivered;
    };
    do {
      await using sightline = runSightline(quiet);
      await sightline.waitForLine(/is live/);
      await poll("all is delivered", () => waiting() === 0, 100_000);
      sightline.signal("SIGTERM");
      equal(await sightline.exited, 0);
    } while (waiting() > 0);
    using store = new EventStore(`${directory}/data/events.db`, { readOnly: true });
    const written = store.after(0, 1_000_000).map(({ event }) => event.id);
    const all = await received();
    deepEqual([...new Set(all)], written);
    report = { written: written.length, repeated: all.length - written.length };
    ok(report.repeated <= kills * window, `${report.repeated} came twice, of ${kills} kills`);
  });
  return report;
}
