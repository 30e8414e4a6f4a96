/** What cameras send, in the browsers that people have: each shows it, by its own decoder or as JPEG. */

import assert from "node:assert/strict";
import { measureSquare, movingSquare } from "./support/moving_square.ts";
import { poll } from "./support/poll.ts";
import { show, shownCodec, testElement } from "./support/stream_element.ts";
import { firefoxMissing, withFirefox } from "./support/with_firefox.ts";
import { startCamera } from "./support/with_tap.ts";
import { withView } from "./support/with_view.ts";

interface Watched {
  evaluate<R, A>(run: (argument: A) => R | Promise<R>, argument: A): Promise<R>;
}

/** Until the square was seen at so many places, each further on than the last. */
async function assertMoves(page: Watched, places = 10): Promise<void> {
  const sought = { selector: "sightline-stream", color: [0, 0, 0], within: 0 };
  let last = -1;
  let seen = 0;
  await poll(`${places} places of the square`, async () => {
    const { square } = await page.evaluate(measureSquare, sought);
    if (square !== null && square !== last) seen++;
    last = square ?? last;
    return seen === places;
  });
}

const family = async (page: Watched) =>
  (await page.evaluate(shownCodec, undefined)).split(".")[0] as string;

/** As Chromium shows them that has no decoder for H.265, as that of Debian. */
const shownAs = { h264: "avc1", hevc: "jpeg", vp9: "vp09", av1: "av01", mjpeg: "jpeg" } as const;

for (const codec of ["hevc", "vp9", "av1", "mjpeg"] as const) {
  testElement(`a camera that sends ${codec} is seen in Chromium`, async (page, { view }) => {
    await using _camera = startCamera({ pictures: movingSquare, tap: view.tap, codec });
    await page.evaluate(show, { stream: "door", mode: "prompt" });
    await assertMoves(page);
    const shown = await family(page);
    // A Chromium of another make may decode it.
    assert.ok([shownAs[codec], codec === "hevc" && "hev1"].includes(shown as "jpeg"), shown);
  });
}

const reason = firefoxMissing === null ? "" : ` (ignored: ${firefoxMissing})`;
for (const codec of ["h264", "hevc", "vp9", "av1", "mjpeg"] as const) {
  Deno.test({
    name: `a camera that sends ${codec} is seen in Firefox${reason}`,
    ignore: firefoxMissing !== null,
    fn: () =>
      withView(({ view, web }) =>
        withFirefox(async (page) => {
          await using _camera = startCamera({ pictures: movingSquare, tap: view.tap, codec });
          await page.goto(`http://127.0.0.1:${web.port}/healthz`);
          await page.evaluate(show, { stream: "door", mode: "prompt" });
          await assertMoves(page);
          assert.ok([shownAs[codec], "jpeg", "hev1"].includes(await family(page)));
          assert.deepEqual(page.complaints, []);
        })
      ),
  });
}

testElement(
  "a browser whose threads cannot draw shows a stream all the same",
  async (page, { view }) => {
    await page.evaluate(() => {
      // deno-lint-ignore no-explicit-any -- the browser's globals are not Deno's
      delete (globalThis as any).OffscreenCanvas;
    });
    await using _camera = startCamera({ pictures: movingSquare, tap: view.tap });
    await page.evaluate(show, { stream: "door", mode: "prompt" });
    await assertMoves(page);
  },
);
