/** `<sightline-stream>` in a real browser: pictures and boxes over the WebSocket. */

import assert from "node:assert/strict";
import type { Page } from "playwright-core";
import { colorOfLabel } from "../src/view/color.ts";
import { frameOf } from "./support/samples.ts";
import { chromiumMissing, withChromium } from "./support/with_chromium.ts";
import { poll } from "./support/poll.ts";
import { startCamera } from "./support/with_tap.ts";
import { type ViewFixture, withView } from "./support/with_view.ts";

/** A white square that crosses a dark picture, 160 pixels a second. */
const squareLeft = (ptsMs: number) => (ptsMs / 1000 * 160) % 560;
const movingSquare = "color=c=0x303030:s=640x360:r=25[ground];color=c=white:s=40x40:r=25[square];" +
  "[ground][square]overlay=x='mod(t*160,560)':y=160";
/** Room between the square and its box. */
const margin = 12;

const reason = chromiumMissing === null ? "" : ` (ignored: ${chromiumMissing})`;

function testElement(
  name: string,
  use: (page: Page, fixture: ViewFixture) => Promise<void>,
): void {
  Deno.test({
    name: name + reason,
    ignore: chromiumMissing !== null,
    fn: () =>
      withView((fixture) =>
        withChromium(async (browser) => {
          const page = await browser.newPage({ viewport: { width: 700, height: 500 } });
          const complaints: string[] = [];
          page.on("console", (message) => complaints.push(message.text()));
          page.on("pageerror", (error) => complaints.push(error.message));
          await page.goto(fixture.web.url);
          await use(page, fixture);
          assert.deepEqual(complaints, []);
        })
      ),
  });
}

testElement("a picture has its own boxes, and no others", async (page, { view }) => {
  const timers = new Set<ReturnType<typeof setTimeout>>();
  await using _camera = startCamera({
    pictures: movingSquare,
    tap: view.tap,
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
  const color = [...colorOfLabel("person")];
  let pairs = 0;
  let last: number | null = null;
  await poll("forty pictures with their boxes", async () => {
    const { square, box } = await page.evaluate(measure, color);
    // At the picture's edge the left side of the box is cut off.
    if (square === null || square < 2 * margin) return false;
    // Before there are results, pictures do not wait for them.
    if (pairs === 0 && box === null) return false;
    assert.notEqual(box, null, "a picture without its box");
    // A box of the picture before or after would be 6 pixels off.
    assert.ok(Math.abs(square - margin - box!) <= 3, `square at ${square}, box at ${box}`);
    if (square !== last) pairs++;
    last = square;
    return pairs === 40;
  });
  timers.forEach(clearTimeout);
  assert.match(await page.evaluate(codec), /^avc1\./);
});

/** Runs in the page. */
function codec(): string {
  // deno-lint-ignore no-explicit-any -- the browser's globals are not Deno's
  return (globalThis as any).document.querySelector("sightline-stream").state.codec;
}

/** Runs in the page: an element of this size alone. */
async function show(attributes: Record<string, string>): Promise<void> {
  // deno-lint-ignore no-explicit-any -- the browser's globals are not Deno's
  const { document } = globalThis as any;
  const module = "/static/live/sightline_stream.js";
  await import(module);
  const element = document.createElement("sightline-stream");
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  Object.assign(element.style, { width: "640px", height: "360px" });
  document.body.replaceChildren(element);
}

/** Runs in the page: left edges of the white square and of the box, in pixels of the picture. */
function measure([red, green, blue]: number[]): { square: number | null; box: number | null } {
  // deno-lint-ignore no-explicit-any -- the browser's globals are not Deno's
  const { document } = globalThis as any;
  const { canvas: shown } = document.querySelector("sightline-stream");
  if (shown.width !== 640) return { square: null, box: null };
  const canvas = document.createElement("canvas");
  canvas.width = shown.width;
  canvas.height = shown.height;
  const context = canvas.getContext("2d");
  context.drawImage(shown, 0, 0);
  // A row through the middle of the square: its box is two edges there.
  const { data } = context.getImageData(0, 180, canvas.width, 1);
  const find = (r: number, g: number, b: number, within: number) => {
    for (let x = 0; x < canvas.width; x++) {
      const [R, G, B] = data.slice(x * 4, x * 4 + 3);
      if (Math.abs(R - r) + Math.abs(G - g) + Math.abs(B - b) < within) return x;
    }
    return null;
  };
  return { square: find(255, 255, 255, 60), box: find(red!, green!, blue!, 100) };
}

function squareAt(ptsMs: number) {
  const box = {
    x: (squareLeft(ptsMs) - margin) / 640,
    y: (160 - margin) / 360,
    width: (40 + 2 * margin) / 640,
    height: (40 + 2 * margin) / 360,
  };
  return { label: "person", labelId: 1, confidence: 0.98, box };
}
