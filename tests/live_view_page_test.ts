/** The page of the live view in a real browser. */

import assert from "node:assert/strict";
import { colorOfLabel } from "../src/view/color.ts";
import { frameOf } from "./support/samples.ts";
import { chromiumMissing, withChromium } from "./support/with_chromium.ts";
import { startCamera } from "./support/with_tap.ts";
import { measureSquare, movingSquare, squareAt, squareMargin } from "./support/moving_square.ts";
import { poll } from "./support/poll.ts";
import { testPage } from "./support/test_page.ts";
import { withView } from "./support/with_view.ts";

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
  const selector = "img[src*=video_feed]";
  const sought = { selector, color: [...colorOfLabel("person")], within: 150 };
  let found = 0;
  await poll("five pictures with the box around the square", async () => {
    const { square, box } = await page.evaluate(measureSquare, sought);
    // At the picture's edge the left side of the box is cut off.
    if (square === null || box === null || square < 2 * squareMargin) return false;
    // A box of the picture before or after would be 6 to 13 pixels off.
    assert.ok(Math.abs(square - squareMargin - box) <= 4, `square at ${square}, box at ${box}`);
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
      "Crossed line, direction in",
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

testPage("the name of a group can be typed as slowly as one likes", async (page, { web }) => {
  await page.goto(web.url);
  await page.getByRole("button", { name: "Arrange" }).click();
  const field = page.getByLabel("Group of door");
  // The page is drawn anew every second.
  await field.pressSequentially("out side", { delay: 350 });
  await field.press("Tab");
  await page.keyboard.press("Escape");
  await poll(
    "the group",
    async () => await page.locator(".groups a").last().textContent() === "out side",
  );
});

testPage("so can names and labels of zones", async (page, { web }) => {
  await page.goto(`${web.url}zones/door`);
  const yaml = page.locator("textarea");
  await yaml.fill("zones:\n  - { name: a, polygon: [[0, 0], [1, 0], [1, 1]] }\n");
  const name = page.getByLabel("Name");
  await name.clear();
  await name.pressSequentially("drive", { delay: 450 });
  await name.press("Tab");
  const labels = page.getByLabel("Labels that count in drive");
  await labels.pressSequentially("a, b", { delay: 500 });
  await labels.press("Tab");
  await poll("both", async () => {
    const text = await yaml.inputValue();
    return text.includes('name: "drive"') && text.includes('labels: ["a", "b"]');
  });
});

testPage("what happened is told in German to who reads German", async (english, it) => {
  const at = new Date().toISOString();
  it.journal.push({ at, kind: "state", words: "The first picture came" });
  it.journal.push({ at, kind: "error", words: "The use case failed: no <b>box</b>" });
  it.journal.push({ at, kind: "error", words: "Cannot read it: refused" });
  it.journal.push({ at, kind: "event", words: "zone entered, zone drive" });
  const page = await english.context().browser()!.newPage({ locale: "de-DE" });
  const lines = page.locator(".journal li span");
  const told = [
    "Das erste Bild kam",
    "Der Use Case scheiterte: no <b>box</b>",
    "Cannot read it: refused",
    "Betrat Zone, zone drive",
  ];
  await page.goto(`${it.web.url}live/door`);
  await poll("what happened", async () => await lines.count() === 4);
  assert.deepEqual(await lines.allTextContents(), told.toReversed());
  await page.goto(`${it.web.url}health`);
  await poll("the same", async () => await lines.count() === 3);
  assert.deepEqual((await lines.allTextContents()).toSorted(), told.slice(0, 3).toSorted());
});

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

/** Runs in the page. */
function setVisibility(state: string): void {
  // deno-lint-ignore no-explicit-any -- the browser's globals are not Deno's
  const { document, Event } = globalThis as any;
  Object.defineProperty(document, "visibilityState", { value: state, configurable: true });
  document.dispatchEvent(new Event("visibilitychange"));
}
