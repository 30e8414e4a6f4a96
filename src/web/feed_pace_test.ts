import assert from "node:assert/strict";
import { FeedPace } from "./feed_pace.ts";

/** Five seconds of pictures over a path that takes so many bytes a second into a buffer without end. */
async function mostUnderWay(bytesPerS: number, pictureBytes: number) {
  let nowMs = 0;
  let underWay = 0;
  let most = 0;
  let sent = 0;
  const pace = new FeedPace(() => Promise.resolve(Math.ceil(underWay)), () => nowMs);
  for (; nowMs < 5000; nowMs += 40) {
    underWay = Math.max(0, underWay - bytesPerS * 0.04);
    if (!await pace.hasRoom(pictureBytes)) continue;
    pace.sent(pictureBytes);
    underWay += pictureBytes;
    most = Math.max(most, underWay);
    sent++;
  }
  return { most, sent };
}

Deno.test("FeedPace lets one picture be under way on a slow path, and all on a quick one", async () => {
  const slow = await mostUnderWay(25_000, 40_000);
  assert.ok(slow.most <= 40_000, `${slow.most} bytes`);
  assert.equal(slow.sent, 4);
  const quick = await mostUnderWay(10_000_000, 40_000);
  assert.equal(quick.sent, 125);
});

Deno.test("FeedPace passes all on where nothing can be known", async () => {
  const pace = new FeedPace(() => Promise.resolve(null));
  pace.sent(1e9);
  assert.ok(await pace.hasRoom(1e9));
});

Deno.test("FeedPace waits where it is not known yet, and says since when", async () => {
  let nowMs = 5;
  let told: number | undefined = undefined;
  const asked: number[] = [];
  const pace = new FeedPace((sinceMs) => {
    asked.push(sinceMs);
    return Promise.resolve(told);
  }, () => nowMs);
  pace.sent(1000);
  nowMs = 25;
  assert.equal(await pace.hasRoom(1000), false);
  told = 0;
  assert.equal(await pace.hasRoom(1000), true);
  assert.deepEqual(asked, [5, 5]);
});
