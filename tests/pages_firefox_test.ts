/** Every page in Debian's Firefox, on a Sightline with a real camera. */

import { deepEqual } from "node:assert/strict";
import { getLogger } from "@logtape/logtape";
import { EventLog } from "../src/events/event_log.ts";
import { frameOf } from "./support/samples.ts";
import { poll } from "./support/poll.ts";
import { firefoxMissing, withFirefox } from "./support/with_firefox.ts";
import { startCamera } from "./support/with_tap.ts";
import { withView } from "./support/with_view.ts";

const reason = firefoxMissing === null ? "" : ` (ignored: ${firefoxMissing})`;

Deno.test({
  name: `every page works in Firefox, and a picture moves there${reason}`,
  ignore: firefoxMissing !== null,
  fn: async () => {
    await using log = await EventLog.open(
      { dataDir: null, keepDays: 1, keepGb: null },
      ["door"],
      getLogger(["test"]),
    );
    await withView(async ({ view, web }) => {
      await using _camera = startCamera({
        pictures: "testsrc=s=320x180:r=25",
        tap: view.tap,
        onPicture: (ptsMs) =>
          view.annotate(frameOf({ ptsMs, capturedAtMs: Date.now() }), { detections: [] }),
      });
      await withFirefox(async (page) => {
        const sees = (what: string, is: (seen: Seen) => boolean) =>
          poll(what, async () => is(await page.evaluate(look)), 20_000);
        await page.goto(`${web.url}live`);
        await sees("a picture that moves", ({ condition }) => /live|behind/.test(condition));
        await page.goto(`${web.url}live/door`);
        await sees("its panel", ({ heading }) => heading === "door");
        await page.goto(`${web.url}events`);
        await sees("no events yet", ({ counts }) => counts.empty === 1);
        log.append({
          stream: "door",
          use_case: null,
          sequence: null,
          type: "door_opened",
          at: new Date().toISOString(),
        });
        await sees("one that came", ({ counts }) => counts.event === 1);
        await page.goto(`${web.url}zones/door`);
        await sees("the drawing", ({ counts }) => counts.drawing === 1);
        await page.goto(`${web.url}health`);
        await sees("charts", ({ counts }) => counts.chart === 3);
        deepEqual(page.complaints, []);
      });
    }, { events: log });
  },
});

type Seen = Awaited<ReturnType<typeof look>>;

/** Runs in the page. */
// deno-lint-ignore require-await -- what runs there is waited for
async function look() {
  // deno-lint-ignore no-explicit-any -- the browser's globals are not Deno's
  const { document } = globalThis as any;
  const count = (selector: string): number => document.querySelectorAll(selector).length;
  return {
    condition: String(document.querySelector("sightline-stream")?.getAttribute("condition")),
    heading: String(document.querySelector(".panel h2")?.textContent),
    counts: {
      empty: count(".empty"),
      event: count(".event"),
      drawing: count(".drawing"),
      chart: count(".chart"),
    },
  };
}
