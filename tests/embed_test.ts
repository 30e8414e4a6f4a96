/** `<sightline-stream>` in a page of another site, as docs/live.md says it for dashboards. */

import { equal } from "node:assert/strict";
import type { Page } from "playwright-core";
import { parse } from "yaml";
import { chromiumMissing, withChromium } from "./support/with_chromium.ts";
import { frameOf } from "./support/samples.ts";
import { poll } from "./support/poll.ts";
import { startCamera } from "./support/with_tap.ts";
import { type ViewFixture, withView } from "./support/with_view.ts";

const reason = chromiumMissing === null ? "" : ` (ignored: ${chromiumMissing})`;
const token = "a-token,with/ümlauts+and=signs";
const access = { token: { value: token }, user: null, password: null };

/** The block of code beneath a heading of docs/live.md. */
async function example(heading: string, language: string): Promise<string> {
  const text = await Deno.readTextFile(new URL("../docs/live.md", import.meta.url));
  const [, block] =
    new RegExp(`### ${heading}\n.*?\`\`\`${language}\n(.*?)\`\`\``, "s").exec(text) ??
      [];
  if (block === undefined) throw new Error(`Cannot find the example for ${heading}`);
  return block;
}

const card = await Deno.readTextFile(
  new URL("../deploy/home_assistant/sightline-card.js", import.meta.url),
);
/** As Grafana's text panel puts in what is not sanitized. */
const grafana = `<!DOCTYPE html><title>Grafana</title><div id="panel"></div><script type="module">
  const html = await (await fetch("panel")).text();
  document.querySelector("#panel").append(document.createRange().createContextualFragment(html));
</script>`;
/** As Home Assistant's dashboards make a card. */
const homeAssistant = `<!DOCTYPE html><title>Home Assistant</title>
<script type="module" src="local/sightline-card.js"></script><script type="module">
  await customElements.whenDefined("sightline-card");
  const card = document.createElement("sightline-card");
  card.setConfig(await (await fetch("config")).json());
  card.hass = {};
  document.body.append(card);
</script>`;

/** A dashboard on an origin of its own. */
function serveDashboard(panel: string, config: unknown) {
  return Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, (request) => {
    const html = { "content-type": "text/html" };
    switch (new URL(request.url).pathname) {
      case "/grafana":
        return new Response(grafana, { headers: html });
      case "/panel":
        return new Response(panel, { headers: html });
      case "/home_assistant":
        return new Response(homeAssistant, { headers: html });
      case "/local/sightline-card.js":
        return new Response(card, { headers: { "content-type": "text/javascript" } });
      case "/config":
        return Response.json(config);
    }
    return new Response(null, { status: 404 });
  });
}

function testEmbedded(
  name: string,
  key: string,
  use: (page: Page, dashboard: string, fixture: ViewFixture) => Promise<void>,
) {
  Deno.test({
    name: name + reason,
    ignore: chromiumMissing !== null,
    fn: () =>
      withView(async (fixture) => {
        const own = (text: string) =>
          text.replaceAll("https://sightline.lan:5000/", fixture.web.url)
            .replaceAll("THE-VIEW-TOKEN", key);
        await using server = serveDashboard(
          own(await example("Grafana", "html")),
          parse(own(await example("Home Assistant", "yaml"))),
        );
        await using _camera = startCamera({
          pictures: "testsrc=s=320x180:r=25",
          tap: fixture.view.tap,
          onPicture: (ptsMs) =>
            fixture.view.annotate(frameOf({ ptsMs, capturedAtMs: Date.now() }), { detections: [] }),
        });
        await withChromium(async (browser) =>
          await use(await browser.newPage(), `http://127.0.0.1:${server.addr.port}/`, fixture)
        );
      }, { access }),
  });
}

const condition = (page: Page) => page.locator("sightline-stream").getAttribute("condition");

for (const dashboard of ["grafana", "home_assistant"]) {
  testEmbedded(`a stream in a page of ${dashboard}, by its key`, token, async (page, url) => {
    await page.goto(url + dashboard);
    await poll("moving pictures", async () => await condition(page) === "live", 20_000);
  });
}

testEmbedded(
  "a wrong key is said to be refused, with a login too; the right one shows",
  "no",
  async (
    page,
    url,
    { web, view },
  ) => {
    await page.goto(web.url);
    await page.getByLabel("Token").fill(token);
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.locator("h1").waitFor({ state: "attached" });
    await page.goto(`${url}grafana`);
    await poll("it is refused", async () => await condition(page) === "refused", 20_000);
    const stream = page.locator("sightline-stream");
    equal(await stream.locator("[part=notice]").textContent(), "The key is refused");
    equal(view.viewers, 0);
    equal(await stream.evaluate((it) => "ageMs" in it && it.ageMs), null);
    await stream.evaluate((it, key) => it.setAttribute("key", key), token);
    await poll("moving pictures", async () => await condition(page) === "live", 20_000);
  },
);
