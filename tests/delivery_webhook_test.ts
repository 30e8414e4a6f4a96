/** Events of the real program reach a webhook: over kills, over an outage, and at its pace. */

import { deepEqual, equal, ok } from "node:assert/strict";
import { EventStore } from "../src/events/event_store.ts";
import { killWhileDelivering } from "./support/kill_while_delivering.ts";
import { poll } from "./support/poll.ts";
import { runSightline, sightlineResult } from "./support/run_sightline.ts";
import { WebhookReceiver } from "./support/webhook_receiver.ts";
import { withDelivery } from "./support/with_delivery.ts";
import { withFiles } from "./support/with_files.ts";

const clip = new URL("../demo/street.mp4", import.meta.url).pathname;

/** An event of each frame. */
const talker = `
export default () => ({
  input: { width: 32, height: 32 },
  preprocess: () => ({ x: { datatype: "INT32", shape: [1], data: Int32Array.of(0) } }),
  postprocess: () => ({ events: [{ type: "told" }] }),
});`;

function argsOf(directory: string, ...more: string[]): string[] {
  return [
    ...["--stream_url", clip, "--no_model", "--use_case", `${directory}/talker.js`],
    ...["--isolation", "worker", "--data_dir", `${directory}/data`, ...more],
  ];
}

Deno.test("a webhook gets every event in order over SIGKILL, and few of them twice", async () => {
  await using receiver = new WebhookReceiver();
  await killWhileDelivering({
    sink: receiver.url,
    kills: 3,
    received: () => receiver.events.map(({ id }) => id),
    // Of which one is under way, and the others are taken, but not on disk yet.
    window: 16,
  });
});

Deno.test("a webhook that takes its time costs no frame and no event", async () => {
  await using receiver = new WebhookReceiver({
    async answer() {
      await new Promise((resolve) => setTimeout(resolve, 3000));
      return new Response();
    },
  });
  await withFiles({ "talker.js": talker }, async (directory) => {
    const args = argsOf(directory, "--fps", "25", "--sink", receiver.url, "--benchmark");
    const { code, stdout, stderr } = await sightlineResult([...args, "--limit_frames", "120"]);
    equal(code, 0, stderr);
    const { received, processed } = JSON.parse(stdout).frames;
    deepEqual({ received, processed }, { received: 120, processed: 120 });
    using store = new EventStore(`${directory}/data/events.db`, { readOnly: true });
    const written = store.after(0, 1000).map(({ event }) => event);
    equal(written.filter(({ type }) => type === "told").length, 120);
    ok(receiver.requests.length < 10, "it is as slow as it says");
    const list = await sightlineResult(["deliveries", "--data_dir", `${directory}/data`, "--json"]);
    const { accepted, delivered, waiting } = JSON.parse(list.stdout);
    equal(accepted, written.length);
    equal(delivered + waiting, written.length);
  });
});

Deno.test("deliveries shows its columns below their titles, however long a name is", async () => {
  await using receiver = new WebhookReceiver({
    answer: ({ body }) =>
      body.includes('"a"') ? new Response("no", { status: 422 }) : new Response(),
  });
  await withDelivery(
    `${receiver.url}/with/a/rather/long/path`,
    async ({ tell, drained, directory }) => {
      await tell(2);
      await drained();
      const cases = [
        { flags: ["--letters"], title: "WHY", cell: "answered 422: no" },
        { flags: [], title: "DELIVERED", cell: "1 " },
      ];
      for (const { flags, title, cell } of cases) {
        const args = ["deliveries", "--data_dir", directory, ...flags];
        const { stdout } = await sightlineResult(args);
        const [titles = "", row = ""] = stdout.split("\n");
        ok(row.slice(titles.indexOf(title)).startsWith(cell), stdout);
      }
    },
  );
});

Deno.test("a webhook that was away gets what it missed, in order, and the log tells of it", async () => {
  await withFiles({ "talker.js": talker }, async (directory) => {
    const away = new WebhookReceiver();
    const { port, url } = away;
    await away[Symbol.asyncDispose]();
    await using sightline = runSightline(
      argsOf(
        directory,
        "--fps",
        "25",
        "--sink",
        url,
        "--visualizer_port",
        "0",
        "--metrics_port",
        "0",
      ),
    );
    await sightline.waitForLine(/takes no events: connection refused/i);
    await using receiver = new WebhookReceiver({ port });
    await sightline.waitForLine(/takes events again after/);
    await poll("all is there", () => Promise.resolve(receiver.requests.length > 20));
    sightline.signal("SIGTERM");
    equal(await sightline.exited, 0);
    await sightlineResult(argsOf(directory, "--limit_frames", "1", "--sink", receiver.url));
    using store = new EventStore(`${directory}/data/events.db`, { readOnly: true });
    const written = store.after(0, 100_000).map(({ event }) => event.id);
    deepEqual([...new Set(receiver.events.map(({ id }) => id))], written);
  });
});
