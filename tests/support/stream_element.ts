/** `<sightline-stream>` alone in a page of a real browser, and what its canvas shows. */

import type { Page } from "playwright-core";
import { testPage } from "./test_page.ts";
import type { ViewFixture } from "./with_view.ts";

/** Runs `use` with a page of 700 × 500 that has nothing in it. */
export function testElement(
  name: string,
  use: (page: Page, fixture: ViewFixture) => Promise<void>,
  { bypassCSP = false } = {},
): void {
  testPage(name, async (page, fixture) => {
    await openBare(page, fixture.web.port);
    await use(page, fixture);
  }, { viewport: { width: 700, height: 500 }, bypassCSP });
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
