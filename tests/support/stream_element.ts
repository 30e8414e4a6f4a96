/** `<sightline-stream>` in a page of a real browser, and what its canvas shows. */

import assert from "node:assert/strict";
import type { Page } from "playwright-core";
import { chromiumMissing, withChromium } from "./with_chromium.ts";
import { type ViewFixture, withView } from "./with_view.ts";

const reason = chromiumMissing === null ? "" : ` (ignored: ${chromiumMissing})`;

export function testElement(
  name: string,
  use: (page: Page, fixture: ViewFixture) => Promise<void>,
  { bypassCSP = false } = {},
): void {
  Deno.test({
    name: name + reason,
    ignore: chromiumMissing !== null,
    fn: () =>
      withView((fixture) =>
        withChromium(async (browser) => {
          const page = await browser.newPage({ viewport: { width: 700, height: 500 }, bypassCSP });
          const complaints: string[] = [];
          page.on("console", (message) => {
            // A page without a head is asked for an icon of its own.
            const { url } = message.location();
            if (!url.endsWith("/favicon.ico")) complaints.push(`${message.text()} ${url}`);
          });
          page.on("pageerror", (error) => complaints.push(error.message));
          await openBare(page, fixture.web.port);
          await use(page, fixture);
          assert.deepEqual(complaints, []);
        })
      ),
  });
}

/** Runs in the page. */
export function shownCodec(): string {
  // deno-lint-ignore no-explicit-any -- the browser's globals are not Deno's
  return (globalThis as any).document.querySelector("sightline-stream").state.codec;
}

/** Runs in the page: an element of this size alone. */
export async function show(attributes: Record<string, string>): Promise<void> {
  // deno-lint-ignore no-explicit-any -- the browser's globals are not Deno's
  const { document } = globalThis as any;
  const module = "/static/live/sightline_stream.js";
  await import(module);
  const element = document.createElement("sightline-stream");
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  Object.assign(element.style, { width: "640px", height: "360px" });
  document.body.replaceChildren(element);
}

/** A page of this server with nothing in it. */
export async function openBare(page: Page, port: number): Promise<void> {
  await page.goto(`http://127.0.0.1:${port}/healthz`);
}
