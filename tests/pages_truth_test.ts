/** What pages say when they cannot know better: nothing false. */

import { equal, match, ok } from "node:assert/strict";
import { poll } from "./support/poll.ts";
import { chromiumMissing, withChromium } from "./support/with_chromium.ts";
import { withView } from "./support/with_view.ts";

/** Runs in the browser before any page: its clock is five hours ahead of Sightline's. */
const wrongClock = `
  const now = Date.now.bind(Date);
  globalThis.Date = class extends Date {
    constructor(...given) { given.length > 0 ? super(...given) : super(Date.now()); }
    static now() { return now() + 5 * 3600_000; }
  };`;

Deno.test({
  name: "pages say nothing that they do not know, whatever streams are called and clocks show",
  ignore: chromiumMissing !== null,
  fn: () =>
    withView(({ web, streams }) => {
      const [door] = streams;
      for (const name of ["constructor", "__proto__"]) {
        streams.push({ ...door!, name, status: () => ({ ...door!.status(), name }) });
      }
      return withChromium(async (browser) => {
        const context = await browser.newContext();
        await context.addInitScript(wrongClock);
        const page = await context.newPage();
        const summary = page.locator(".summary");
        const said = async (text: string) => (await summary.textContent())?.trim() === text;
        await page.goto(`${web.url}live`);
        await poll("a count", () => said("3 of 3 live"));
        equal(await page.locator("nav.groups").count(), 0, "nobody made a group");

        // The tile says the same: its camera is connected, and sends nothing.
        const frozen = { ...door!.view.feed, quietMs: () => 2001, intervalMs: 40 };
        streams[0] = { ...door!, view: { ...door!.view, feed: frozen } as never };
        await poll("one less", () => said("2 of 3 live"));
        streams[0] = door!;

        await page.goto(`${web.url}health`);
        const row = page.locator(".books tbody tr").first();
        match(await row.innerText(), /Live/);
        const span = page.locator(".page-head .dim").first();
        ok(!/ h /.test(await span.innerText()), await span.innerText());

        await page.route("**/api/**", (route) => route.abort());
        await page.locator(".lost").waitFor();
        await poll("no count", () => said(""));
        await poll("no state", async () => /unknown\s+–\s+–/.test(await row.innerText()));
      });
    }),
});
