/** `<sightline-stream>` in a real browser: pictures and boxes over the WebSocket. */

import assert from "node:assert/strict";
import { colorOfLabel } from "../src/view/color.ts";
import { openSlowLink } from "../bench/slow_link.ts";
import { frameOf } from "./support/samples.ts";
import { measureSquare, movingSquare, squareAt, squareMargin } from "./support/moving_square.ts";
import { poll } from "./support/poll.ts";
import { openBare, show, shownCodec, testElement } from "./support/stream_element.ts";
import { startCamera } from "./support/with_tap.ts";

/** A strip of noise, which takes more than the slow reader can have. */
const noise = "color=c=gray:s=640x32:r=25,noise=alls=100:allf=t,pad=640:360";
/** How pictures may reach the page. */
const ways = [
  { name: "as the camera sends them", encoder: [], codec: "avc1" },
  {
    name: "in another order than they are shown in",
    encoder: ["-tune", "animation", "-bf", "2"],
    codec: "avc1",
  },
  { name: "as JPEG, to a browser without a decoder", encoder: [], codec: "jpeg" },
];
for (const { name, encoder, codec } of ways) {
  testElement(`a picture has its own boxes, and no others: ${name}`, async (page, { view }) => {
    if (codec === "jpeg") await page.evaluate(withoutDecoder);
    const timers = new Set<ReturnType<typeof setTimeout>>();
    await using _camera = startCamera({
      pictures: movingSquare,
      tap: view.tap,
      encoder,
      onPicture(ptsMs) {
        // A model takes its time, and not always the same.
        const timer = setTimeout(() => {
          timers.delete(timer);
          view.annotate(frameOf({ ptsMs, capturedAtMs: Date.now() }), {
            detections: [squareAt(ptsMs)],
          });
        }, 60 + 30 * Math.sin(ptsMs));
        timers.add(timer);
      },
    });
    await page.evaluate(show, { stream: "door", mode: "exact", layers: "boxes" });
    const sought = {
      selector: "sightline-stream",
      color: [...colorOfLabel("person")],
      within: 100,
    };
    let pairs = 0;
    let last: number | null = null;
    await poll("forty pictures with their boxes", async () => {
      const { square, box } = await page.evaluate(measureSquare, sought);
      // At the picture's edge the left side of the box is cut off.
      if (square === null || square < 2 * squareMargin) return false;
      // Where no result comes in time, as before the first, a picture is shown without.
      if (box === null) return false;
      // A box of the picture before or after would be 6 pixels off.
      assert.ok(Math.abs(square - squareMargin - box) <= 3, `square at ${square}, box at ${box}`);
      if (square !== last) pairs++;
      last = square;
      return pairs === 40;
    });
    timers.forEach(clearTimeout);
    assert.equal((await page.evaluate(shownCodec)).split(".")[0], codec);
  }, { bypassCSP: codec === "jpeg" });
}

testElement("a slow reader has few pictures, and none that is old", async (page, { view, web }) => {
  await using _camera = startCamera({ pictures: noise, tap: view.tap });
  using link = openSlowLink(web.port, 60_000);
  await openBare(page, link.port);
  await page.evaluate(show, { stream: "door", mode: "prompt" });
  // What is shown is told with its age when it comes; then it grows older until the next one.
  const agesMs = await page.evaluate(agesOf, 6);
  assert.ok(agesMs.every((ageMs) => ageMs < 2000), `${agesMs.map(Math.round)} ms`);
});

testElement("what is drawn is what is asked for", async (page, { view }) => {
  await using _camera = startCamera({
    pictures: movingSquare,
    tap: view.tap,
    onPicture: (ptsMs) =>
      view.annotate(frameOf({ ptsMs, capturedAtMs: Date.now() }), {
        detections: [squareAt(ptsMs)],
      }),
  });
  await page.evaluate(show, { stream: "door", mode: "prompt", layers: "boxes" });
  const sought = { selector: "sightline-stream", color: [...colorOfLabel("person")], within: 100 };
  const sees = async () => (await page.evaluate(measureSquare, sought)).box !== null;
  await poll("a box", sees);
  const set = (layers: string) =>
    page.locator("sightline-stream").evaluate(
      // deno-lint-ignore no-explicit-any -- the browser's globals are not Deno's
      (element: any, layers: string) => element.setAttribute("layers", layers),
      layers,
    );
  await set("");
  await poll("no box", async () => !await sees());
  await set("boxes");
  await poll("a box again", sees);
  await page.locator("sightline-stream").evaluate((element) => element.remove());
  await poll("no viewer", () => view.viewers === 0);
});

testElement("what cannot be known is not said to be live", async (page, { view, web, status }) => {
  const camera = startCamera({ pictures: movingSquare, tap: view.tap });
  await page.evaluate(show, { stream: "door", mode: "prompt" });
  const element = page.locator("sightline-stream");
  const becomes = (condition: string) =>
    poll(condition, async () => await element.getAttribute("condition") === condition);
  await becomes("live");
  await camera[Symbol.asyncDispose]();
  await becomes("behind");
  const age = element.locator("[part=age]");
  const says = (text: RegExp) =>
    poll(`${text}`, async () => text.test(await age.textContent() ?? ""), 5000);
  // The browser's own language is American English, with "9:51 PM".
  await says(/^([01]\d|2[0-3]):\d\d:\d\d, \d+(\.\d)? s$/);
  const setLanguage = "document.documentElement.lang = ";
  await page.evaluate(`${setLanguage}"ar-EG"`);
  await says(/^[٠-٩]{2}:[٠-٩]{2}:[٠-٩]{2}, [٠-٩]+(٫[٠-٩])? s$/);
  await page.evaluate(`${setLanguage}"no_such!"`);
  await says(/^\d\d:\d\d:\d\d, /);
  // The stream's own state still says live.
  await becomes("frozen");
  status.state = "reconnecting";
  await becomes("away");
  // deno-lint-ignore no-explicit-any -- the browser's globals are not Deno's
  const state = await element.evaluate((element: any) => element.state);
  assert.deepEqual([state.camera, state.fps, state.resultAgeMs], ["away", null, null]);
  await web[Symbol.asyncDispose]();
  await becomes("lost");
});

/** Runs in the page: how old each picture is when it is shown, for so many seconds from the first on. */
function agesOf(seconds: number): Promise<number[]> {
  // deno-lint-ignore no-explicit-any -- the browser's globals are not Deno's
  const element = (globalThis as any).document.querySelector("sightline-stream");
  const agesMs: number[] = [];
  return new Promise((resolve) =>
    // deno-lint-ignore no-explicit-any -- likewise
    element.addEventListener("sightline-picture", ({ detail }: any) => {
      if (agesMs.length === 0) setTimeout(() => resolve(agesMs), seconds * 1000);
      if (detail.ageMs !== null) agesMs.push(detail.ageMs);
    })
  );
}

/** Runs in the page: its thread is as in a browser that lacks WebCodecs. */
function withoutDecoder(): void {
  // deno-lint-ignore no-explicit-any -- the browser's globals are not Deno's
  const page = globalThis as any;
  page.Worker = class extends page.Worker {
    constructor(url: URL, options: unknown) {
      const first = "data:text/javascript,self.VideoDecoder=undefined";
      const code = `import ${JSON.stringify(first)}; import ${JSON.stringify(url)};`;
      super(URL.createObjectURL(new Blob([code], { type: "text/javascript" })), options);
    }
  };
}
