/** The page of the live view in a real browser. */

import assert from "node:assert/strict";
import type { Page } from "playwright-core";
import { colorOfLabel } from "../src/view/color.ts";
import { frameOf } from "./support/samples.ts";
import { chromiumMissing, withChromium } from "./support/with_chromium.ts";
import { startCamera } from "./support/with_tap.ts";
import { poll } from "./support/poll.ts";
import { type ViewFixture, withView } from "./support/with_view.ts";

/** A white square that crosses a dark picture, 160 pixels a second. */
const squareLeft = (ptsMs: number) => (ptsMs / 1000 * 160) % 560;
const movingSquare = "color=c=0x303030:s=640x360:r=25[ground];color=c=white:s=40x40:r=25[square];" +
  "[ground][square]overlay=x='mod(t*160,560)':y=160";
/** Room between the square and its box. */
const margin = 12;

function testPage(name: string, use: (page: Page, fixture: ViewFixture) => Promise<void>): void {
  const reason = chromiumMissing === null ? "" : ` (ignored: ${chromiumMissing})`;
  Deno.test({
    name: name + reason,
    ignore: chromiumMissing !== null,
    fn: () =>
      withView((fixture) =>
        withChromium(async (browser) => {
          const page = await browser.newPage();
          const complaints: string[] = [];
          page.on("console", (message) => complaints.push(message.text()));
          page.on("pageerror", (error) => complaints.push(error.message));
          await use(page, fixture);
          assert.deepEqual(complaints, []);
        })
      ),
  });
}

testPage("/video_feed shows boxes where things are", async (page, { view, web }) => {
  const pending = new Set<ReturnType<typeof setTimeout>>();
  await using _camera = startCamera({
    pictures: movingSquare,
    tap: view.tap,
    onPicture(ptsMs) {
      // A model takes its time.
      const timer = setTimeout(() => {
        pending.delete(timer);
        view.annotate(frameOf({ ptsMs, capturedAtMs: Date.now() }), {
          detections: [squareAt(ptsMs)],
        });
      }, 60);
      pending.add(timer);
    },
  });
  await page.goto(web.url);
  await page.evaluate(() => {
    // deno-lint-ignore no-explicit-any -- the browser's globals are not Deno's
    const { document } = globalThis as any;
    const picture = document.createElement("img");
    picture.src = "/video_feed";
    document.body.append(picture);
  });
  const color = colorOfLabel("person");
  let found = 0;
  await poll("five pictures with the box around the square", async () => {
    const { square, box } = await page.evaluate(measure, [...color]);
    // At the picture's edge the left side of the box is cut off.
    if (square === null || box === null || square < 2 * margin) return false;
    // A box of the picture before or after would be 6 to 13 pixels off.
    assert.ok(Math.abs(square - margin - box) <= 4, `square at ${square}, box at ${box}`);
    return ++found === 5;
  });
  pending.forEach(clearTimeout);
});

testPage(
  "a stream's page tells state, labels and figures, and labels stay text",
  async (page, it) => {
    const { web, status } = it;
    status.labels = { person: 2, "<img src=x onerror=alert(1)>": 1 };
    await page.goto(`${web.url}live/door`);
    const state = page.locator(".badge");
    // No camera has sent anything.
    await poll("connecting", async () => await state.textContent() === "Connecting");
    assert.deepEqual(await page.locator(".panel .labels li").allTextContents(), [
      "person2",
      "<img src=x onerror=alert(1)>1",
    ]);
    const figure = (name: string) => page.locator(`[data-figure=${name}]`).textContent();
    assert.equal(await figure("frames"), "100");
    assert.equal(await figure("dropped"), "7 (7.0 %)");
    assert.equal(
      await page.locator("[data-fact=drops]").textContent(),
      "4 queue full, 3 too old",
    );
    Object.assign(status, { state: "reconnecting", detail: "connection refused" });
    await poll("reconnecting", async () => await state.textContent() === "Camera away");
    assert.equal(await page.locator(".detail").textContent(), "connection refused");
    assert.equal(await figure("age"), "–", "no figure where there is none");
    const signs = page.locator(".signs li");
    assert.deepEqual(
      await signs.evaluateAll((items) =>
        items.map((item) => (item as unknown as { dataset: { tone: string } }).dataset.tone)
      ),
      ["good", "bad", "good", "good"],
    );
  },
);

testPage(
  "a hidden page watches no video, and watches again when it is seen",
  async (page, fixture) => {
    const { view, web } = fixture;
    await page.goto(web.url);
    await poll("a viewer", () => view.viewers === 1);
    await page.evaluate(setVisibility, "hidden");
    await poll("no viewer", () => view.viewers === 0);
    await page.evaluate(setVisibility, "visible");
    await poll("a viewer again", () => view.viewers === 1);
  },
);

testPage(
  "of a wall of 16 only what is in sight is asked for",
  async (page, { streams, view, web }) => {
    const [door] = streams;
    for (let i = 1; i < 16; i++) {
      const name = `camera${i}`;
      streams.push({ ...door!, name, status: () => ({ ...door!.status(), name }) });
    }
    await page.setViewportSize({ width: 390, height: 700 });
    await page.goto(web.url);
    await page.locator(".tile", { hasText: "camera15" }).waitFor();
    await poll("those at the top", () => view.viewers > 0 && view.viewers < 8);
    await page.setViewportSize({ width: 1600, height: 900 });
    await poll("all, once there is room", () => view.viewers === 16);
  },
);

testPage(
  "a stream's page tells what happened, and survives that it goes",
  async (page, fixture) => {
    const { streams, web, journal, status, view } = fixture;
    const [door] = streams;
    streams.push({ ...door!, name: "yard", status: () => ({ ...door!.status(), name: "yard" }) });
    Object.assign(status, { state: "stalled", detail: "The camera sends <i>nothing</i>" });
    const at = new Date().toISOString();
    journal.push({ at, kind: "error", words: "Cannot read <b>door</b>" });
    journal.push({ at, kind: "event", words: "line crossed, direction in" });
    await page.goto(web.url);
    await page.locator(".tile[href='/live/door']").click();
    await page.waitForURL("**/live/door");
    const lines = page.locator(".journal li span");
    await poll("its journal", async () => await lines.count() === 2);
    assert.deepEqual(await lines.allTextContents(), [
      "line crossed, direction in",
      "Cannot read <b>door</b>",
    ]);
    assert.equal(await page.locator("h2").count(), 1);
    assert.match(
      await page.locator(".detail").textContent() ?? "",
      /sends <i>nothing/,
    );
    await poll("a viewer", () => view.viewers === 1);
    streams.shift();
    await poll("it is gone", async () => {
      return (await page.locator("main").textContent())?.includes("no stream door now") ?? false;
    });
    streams.unshift(door!);
    await poll("it is back", async () => await page.locator("h2").count() === 1);
    await page.keyboard.press("Escape");
    await poll("both", async () => await page.locator(".tile").count() === 2);
  },
);

Deno.test({
  name: `the page says when Sightline is gone, and recovers${
    chromiumMissing === null ? "" : ` (ignored: ${chromiumMissing})`
  }`,
  ignore: chromiumMissing !== null,
  fn: () =>
    withView(({ web }) =>
      withChromium(async (browser) => {
        const page = await browser.newPage();
        const lost = page.locator(".lost");
        await page.goto(web.url);
        await poll("the stream", async () => await page.locator(".tile").count() === 1);
        assert.ok(await lost.isHidden());
        await page.route("**/api/streams", (route) => route.abort());
        await poll("the notice", () => lost.isVisible());
        assert.match(await lost.textContent() ?? "", /No connection to Sightline/);
        await page.unroute("**/api/streams");
        await poll("its end", () => lost.isHidden());
      })
    ),
});

function squareAt(ptsMs: number) {
  const box = {
    x: (squareLeft(ptsMs) - margin) / 640,
    y: (160 - margin) / 360,
    width: (40 + 2 * margin) / 640,
    height: (40 + 2 * margin) / 360,
  };
  return { label: "person", labelId: 1, confidence: 0.98, box };
}

/** Runs in the page: left edges of the white square and of the box, in pixels of the picture. */
function measure([red, green, blue]: number[]): { square: number | null; box: number | null } {
  // deno-lint-ignore no-explicit-any -- the browser's globals are not Deno's
  const { document } = globalThis as any;
  const picture = document.querySelector("img[src*=video_feed]");
  // Not there yet, or still the placeholder.
  if (picture?.naturalHeight !== 360) return { square: null, box: null };
  const canvas = document.createElement("canvas");
  canvas.width = picture.naturalWidth;
  canvas.height = picture.naturalHeight;
  const context = canvas.getContext("2d");
  context.drawImage(picture, 0, 0);
  // A row through the middle of the square: its box is two edges there.
  const { data } = context.getImageData(0, 180, canvas.width, 1);
  const find = (r: number, g: number, b: number, within: number) => {
    for (let x = 0; x < canvas.width; x++) {
      const [R, G, B] = data.slice(x * 4, x * 4 + 3);
      if (Math.abs(R - r) + Math.abs(G - g) + Math.abs(B - b) < within) return x;
    }
    return null;
  };
  return { square: find(255, 255, 255, 60), box: find(red!, green!, blue!, 150) };
}

/** Runs in the page. */
function setVisibility(state: string): void {
  // deno-lint-ignore no-explicit-any -- the browser's globals are not Deno's
  const { document, Event } = globalThis as any;
  Object.defineProperty(document, "visibilityState", { value: state, configurable: true });
  document.dispatchEvent(new Event("visibilitychange"));
}
