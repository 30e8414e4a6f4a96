/** The real program, killed again and again while it delivers: nothing is lost, the order holds. */

import { deepEqual, equal, ok } from "node:assert/strict";
import { EventStore } from "../../src/events/event_store.ts";
import { poll } from "./poll.ts";
import { runSightline, sightlineResult } from "./run_sightline.ts";
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
    const last = await sightlineResult([...args, "--limit_frames", "3"]);
    equal(last.code, 0, last.stderr);
    using store = new EventStore(`${directory}/data/events.db`, { readOnly: true });
    const written = store.after(0, 1_000_000).map(({ event }) => event.id);
    const all = await received();
    deepEqual([...new Set(all)], written);
    report = { written: written.length, repeated: all.length - written.length };
    ok(report.repeated <= kills * window, `${report.repeated} came twice, of ${kills} kills`);
  });
  return report;
}
