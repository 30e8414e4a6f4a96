/** Events of the real program: kept over a kill, told as they come, closed once, found again. */

import { deepEqual, equal, match, ok } from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import type { SightlineEvent } from "../src/events/event.ts";
import { EventStore } from "../src/events/event_store.ts";
import { numberedClip } from "./support/clips.ts";
import { freePort } from "./support/free_port.ts";
import { poll } from "./support/poll.ts";
import { runSightline, sightlineResult } from "./support/run_sightline.ts";
import { rtspReason, rtspServerMissing, startRtspServer } from "./support/with_rtsp_server.ts";
import { withFiles } from "./support/with_files.ts";

/** Each frame a person enters the zone, stays for three frames and leaves. */
const visitors = `
export default () => {
  let frame = 0;
  return {
    input: { width: 32, height: 32 },
    preprocess: () => ({ x: { datatype: "INT32", shape: [1], data: Int32Array.of(0) } }),
    postprocess() {
      frame++;
      const told = (type, id) => ({ type, zone: "yard", track_id: id, label: "person" });
      const box = { x: 0.1, y: 0.1, width: 0.2, height: 0.4 };
      return {
        detections: [{ label: "person", labelId: 0, confidence: 0.9, box, trackId: frame }],
        events: [told("zone_entered", frame), ...(frame > 3 ? [told("zone_left", frame - 3)] : [])],
      };
    },
  };
};`;

const barsUseCase = new URL("support/bars_use_case.ts", import.meta.url).pathname;
const clip = new URL("../demo/street.mp4", import.meta.url).pathname;

function argsOf(directory: string, port: number): string[] {
  return [
    ...[
      "--stream_url",
      clip,
      "--fps",
      "15",
      "--no_model",
      "--use_case",
      `${directory}/visitors.js`,
    ],
    ...["--isolation", "worker", "--data_dir", `${directory}/data`],
    ...["--visualizer_port", String(port)],
  ];
}

/** Events as the program tells them, until its end; `wanted` of them resolve `enough`. */
async function follow(port: number, told: SightlineEvent[], wanted: number): Promise<void> {
  const response = await fetch(`http://127.0.0.1:${port}/api/events/stream`);
  let text = "";
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
  const wantedInAll = told.length + wanted;
  try {
    while (told.length < wantedInAll) {
      const { value, done } = await reader.read();
      if (done) return;
      text += value;
      const blocks = text.split("\n\n");
      text = blocks.pop()!;
      for (const block of blocks) {
        const data = /^data: (.*)$/m.exec(block)?.[1];
        if (data !== undefined) told.push(JSON.parse(data));
      }
    }
  } finally {
    await reader.cancel().catch(() => {});
  }
}

/** Each that entered has left once, and none left that had not entered. */
function assertBooksClosed(events: readonly SightlineEvent[]): void {
  const entered = events.filter(({ type }) => type === "zone_entered").map(({ id }) => id);
  const left = events.filter(({ type }) => type === "zone_left").map(({ started_id }) =>
    started_id
  );
  equal(new Set(left).size, left.length, "none leaves twice");
  deepEqual(left.toSorted(), entered.toSorted());
}

Deno.test("events that were told survive 20 SIGKILLs, and what was open is closed once", async () => {
  await withFiles({ "visitors.js": visitors }, async (directory) => {
    const told: SightlineEvent[] = [];
    for (let life = 0; life < 20; life++) {
      const port = freePort();
      await using sightline = runSightline(argsOf(directory, port));
      await sightline.waitForLine(/Live view at/);
      // Some before the first event, some between two, at any moment of a group's way to the disk.
      if (life % 5 > 0) await follow(port, told, Math.ceil(15 * Math.random()));
      await new Promise((resolve) => setTimeout(resolve, 40 * Math.random()));
      sightline.signal("SIGKILL");
      await sightline.exited;
    }
    const last = await sightlineResult([
      ...argsOf(directory, freePort()),
      ...["--limit_frames", "5"],
    ]);
    equal(last.code, 0, last.stderr);
    const path = `${directory}/data/events.db`;
    using database = new DatabaseSync(path, { readOnly: true });
    deepEqual({ ...database.prepare("PRAGMA integrity_check").get() }, { integrity_check: "ok" });
    using store = new EventStore(path, { readOnly: true });
    const kept = store.after(0, 100_000).map(({ event }) => event);
    const ids = new Set(kept.map(({ id }) => id));
    equal(ids.size, kept.length);
    deepEqual(told.filter(({ id }) => !ids.has(id)), [], "nothing that was told is missing");
    assertBooksClosed(kept);
    const reasons = new Set(kept.flatMap(({ reason }) => reason ?? []));
    deepEqual(reasons, new Set(["restart", "stop"]));
    const lives = kept.filter(({ type }) => type === "stream_live").length;
    ok(lives >= 17 && lives <= 21, `${lives} lives had a first picture`);

    const list = await sightlineResult([
      ...["events", "--data_dir", `${directory}/data`, "--type", "zone_left", "--json"],
      ...["--limit", "3", "--label", "person"],
    ]);
    equal(list.code, 0, list.stderr);
    deepEqual(
      list.stdout.trim().split("\n").map((line) => JSON.parse(line).id),
      kept.filter(({ type }) => type === "zone_left").slice(-3).map(({ id }) => id),
    );
  });
});

Deno.test("a camera that cannot be reached is lost once, and what is not kept is said", async () => {
  const port = freePort();
  await using sightline = runSightline([
    ...["--stream_url", `rtsp://127.0.0.1:${freePort()}/x`, "--no_model"],
    ...["--use_case", new URL("../plugins/motion.ts", import.meta.url).pathname],
    ...["--visualizer_port", String(port)],
  ]);
  match(await sightline.waitForLine(/events - INFO/), /Events are kept in memory only/);
  await sightline.waitForLine(/Live view at/);
  const told: SightlineEvent[] = [];
  const ask = async () => {
    const { events } = await (await fetch(`http://127.0.0.1:${port}/api/events`)).json();
    told.splice(0, told.length, ...events);
    return told.length > 0;
  };
  await poll("an event", ask);
  await sightline.waitForLine(/attempt 1/);
  // The second attempt comes after a second, and is no second loss.
  const streams = async () => (await fetch(`http://127.0.0.1:${port}/api/streams`)).json();
  await poll(
    "a second attempt",
    async () => (await streams()).streams[0].reconnects >= 2,
  );
  await ask();
  deepEqual(told.map(({ type }) => type), ["stream_lost"]);
  match(told[0]!.reason!, /connection refused/i);
});

Deno.test({
  name:
    `objects and zones of a camera that is killed end, and the absence has a beginning and an end${rtspReason}`,
  ignore: rtspServerMissing,
}, async () => {
  const clips = { a: await numberedClip({ width: 480, height: 320, fps: 10, frames: 300 }) };
  await withFiles({}, async (directory) => {
    const port = freePort();
    const args = (url: string) => [
      ...["--stream_url", url, "--no_model", "--use_case", barsUseCase, "--isolation", "worker"],
      ...["--zones", JSON.stringify([{ name: "all", polygon: [[0, 0], [1, 0], [1, 1], [0, 1]] }])],
      ...["--objects", '{"lost_after_ms":1000}', "--data_dir", `${directory}/data`],
      ...["--visualizer_port", String(port)],
    ];
    const server = await startRtspServer({ clips });
    await using sightline = runSightline(args(server.url("a")));
    const told = async (type: string) => {
      const address = `http://127.0.0.1:${port}/api/events?type=${type}&limit=1000`;
      const { events } = await (await fetch(address)).json();
      return events as SightlineEvent[];
    };
    await sightline.waitForLine(/Live view at/);
    await poll("a person in the zone", async () => (await told("zone_entered")).length > 0);
    await server[Symbol.asyncDispose]();
    await poll("the end of all objects", async () => {
      const [started, ended] = [await told("object_started"), await told("object_ended")];
      return started.length > 0 && ended.length === started.length;
    });
    assertBooksClosed([...await told("zone_entered"), ...await told("zone_left")]);
    const [lost] = await told("stream_lost");
    ok(lost?.reason);
    const ended = await told("object_ended");
    ok(ended.some(({ reason }) => reason === "no_frames"), JSON.stringify(ended));
    const ids = (await told("object_started")).map(({ object }) => object!.id);
    equal(new Set(ids).size, ids.length);
  });
});

Deno.test("a second Sightline is refused the folder, with the process id of the first", async () => {
  await withFiles({ "visitors.js": visitors }, async (directory) => {
    await using first = runSightline(argsOf(directory, freePort()));
    await first.waitForLine(/Live view at/);
    const { code, stderr } = await sightlineResult(argsOf(directory, freePort()));
    equal(code, 1);
    ok(stderr.includes(`the Sightline with process id ${first.pid} uses it`), stderr);
  });
});

Deno.test("events of several processes are found in the folder of each, and the folder around them says so", async () => {
  await withFiles({ "visitors.js": visitors }, async (directory) => {
    const file = `${directory}/sightline.yaml`;
    await Deno.writeTextFile(
      file,
      JSON.stringify({
        data_dir: `${directory}/data`,
        streams: { a: { stream_url: clip, no_model: true, use_case: `${directory}/visitors.js` } },
      }),
    );
    const run = await sightlineResult(["--config", file, "--shard", "0/1", "--limit_frames", "5"]);
    equal(run.code, 0, run.stderr);
    const list = (folder: string) =>
      sightlineResult(["events", "--data_dir", folder, "--type", "zone_entered", "--json"]);
    const around = await list(`${directory}/data`);
    equal(around.code, 1);
    match(around.stderr, /no events\.db\), but in its folders shard-0-of-1\n/);
    const own = await list(`${directory}/data/shard-0-of-1`);
    ok(own.stdout.split("\n").length > 3, own.stderr);
  });
});
