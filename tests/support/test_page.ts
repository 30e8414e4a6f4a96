/** A test with a page of a real browser, which has nothing to complain of. */

import { deepEqual } from "node:assert/strict";
import type { BrowserContextOptions, Page } from "playwright-core";
import { chromiumMissing, withChromium } from "./with_chromium.ts";
import { type ViewFixture, withView } from "./with_view.ts";

const reason = chromiumMissing === null ? "" : ` (ignored: ${chromiumMissing})`;

/** Runs `use` with a live view, and with a browser's page. */
export function testPage(
  name: string,
  use: (page: Page, fixture: ViewFixture) => Promise<void>,
  options: BrowserContextOptions = {},
): void {
  Deno.test({
    name: name + reason,
    ignore: chromiumMissing !== null,
    fn: () =>
      withView((fixture) =>
        withChromium(async (browser) => {
          const page = await browser.newPage(options);
          const complaints = complaintsOf(page, harmless);
          await use(page, fixture);
          deepEqual(complaints, []);
        })
      ),
  });
}

/**
 * A page without a head is asked for an icon of its own, a stream that goes once more, and a Sightline
 * that keeps no events for them.
 */
const harmless = / 404 .*\/(favicon\.ico|api\/streams\/door|api\/events\?\S+)$/;

/** Errors of its scripts and on its console from now on, each with its address, but for `expected`. */
export function complaintsOf(page: Page, expected = /^$/): readonly string[] {
  const complaints: string[] = [];
  page.on("console", (message) => {
    const text = `${message.text()} ${message.location().url}`;
    if (!expected.test(text)) complaints.push(text);
  });
  page.on("pageerror", (error) => complaints.push(error.message));
  return complaints;
}
