/** What pages say when they cannot know better: nothing false. */

import { equal, match, ok } from "node:assert/strict";
import { openSlowLink } from "../bench/slow_link.ts";
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

for (const page of ["live", "health"]) {
  Deno.test({
    name:
      `the count of live streams goes soon after Sightline is silent, and when it is gone: ${page}`,
    ignore: chromiumMissing !== null,
    fn: () =>
      withView(({ web }) =>
        withChromium(async (browser) => {
          using link = openSlowLink(web.port, Infinity);
          const tab = await browser.newPage();
          const summary = tab.locator(".summary");
          const becomes = async (text: string) => {
            const sinceMs = performance.now();
            await poll(text, async () => (await summary.textContent())?.trim() === text);
            return performance.now() - sinceMs;
          };
          await tab.goto(`http://127.0.0.1:${link.port}/${page}`);
          await becomes("1 of 1 live");
          link.stop();
          const silentMs = await becomes("");
          ok(silentMs < 6000, `only after ${silentMs} ms`);
          link.goOn();
          await becomes("1 of 1 live");
          await web[Symbol.asyncDispose]();
          const goneMs = await becomes("");
          ok(goneMs < 3000, `only after ${goneMs} ms`);
        })
      ),
  });
}
