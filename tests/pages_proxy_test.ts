/** The pages behind a path of a real nginx: with the path passed on, and with it taken off. */

import { deepEqual, equal, match } from "node:assert/strict";
import type { Browser } from "playwright-core";
import { chromiumMissing, withChromium } from "./support/with_chromium.ts";
import { nginxMissing, startNginx } from "./support/with_nginx.ts";
import { poll } from "./support/poll.ts";
import { type ViewFixture, type ViewFixtureOptions, withView } from "./support/with_view.ts";

const missing = nginxMissing ?? chromiumMissing;
const reason = missing === null ? "" : ` (ignored: ${missing})`;
const access = {
  token: { value: "look" },
  operateToken: { value: "operate" },
  user: null,
  password: null,
};

const headers = `
  proxy_set_header Host $http_host;
  proxy_http_version 1.1;
  proxy_set_header Upgrade $http_upgrade;
  proxy_set_header Connection $http_connection;
  proxy_buffering off;`;

/** Signs in by way of nginx, and goes from page to page. */
async function walk(browser: Browser, root: string, { view }: ViewFixture): Promise<void> {
  const page = await browser.newPage();
  const complaints: string[] = [];
  page.on("console", (message) => complaints.push(message.text()));
  page.on("pageerror", (error) => complaints.push(error.message));
  page.on("response", (response) => {
    if (response.status() >= 400) complaints.push(`${response.status()} ${response.url()}`);
  });
  await page.goto(`${root}live/door?kiosk=1`);
  match(page.url(), /\/cameras\/login\?next=%2Flive%2Fdoor%3Fkiosk%3D1$/);
  await page.getByLabel("Token").fill("operate");
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.waitForURL(`${root}live/door?kiosk=1`);
  await poll("a viewer", () => view.viewers === 1);
  await page.goto(`${root}live`);
  await page.locator(".bar nav a", { hasText: "Health" }).click();
  await page.waitForURL(`${root}health`);
  await page.locator("tbody tr").first().waitFor();
  const [cookie] = await page.context().cookies();
  equal(cookie?.path, "/cameras/");
  // What is behind the role is there for the role.
  const download = page.waitForEvent("download");
  await page.locator("a", { hasText: "Support bundle" }).click();
  match((await download).suggestedFilename(), /^sightline_support_.*\.zip$/);
  deepEqual(complaints, []);
  await page.context().close();
}

function testBehind(name: string, options: ViewFixtureOptions, location: (port: number) => string) {
  Deno.test({
    name: `${name}${reason}`,
    ignore: missing !== null,
    fn: () =>
      withView(async (fixture) => {
        await using nginx = await startNginx(location(fixture.web.port));
        await withChromium((browser) =>
          walk(browser, `http://127.0.0.1:${nginx.port}/cameras/`, fixture)
        );
      }, { access, ...options }),
  });
}

testBehind(
  "nginx passes the path on: --visualizer_base_path",
  { basePath: "/cameras/" },
  (port) => `location /cameras/ { proxy_pass http://127.0.0.1:${port}; ${headers} }`,
);

testBehind(
  "nginx takes the path off, and says so: X-Forwarded-Prefix from a trusted proxy",
  { trustedProxies: [{ address: "127.0.0.1", bits: null }] },
  (port) =>
    `location /cameras/ {
      proxy_pass http://127.0.0.1:${port}/; ${headers}
      proxy_set_header X-Forwarded-Prefix /cameras;
    }`,
);

Deno.test("beside its path there is nothing, and nobody else's prefix is believed", async () => {
  await withView(async ({ url }) => {
    equal((await fetch(url("/live"))).status, 404);
    equal((await fetch(url("/cameras/live"))).status, 200);
    equal((await fetch(url("/healthz"))).status, 200);
    const page = await fetch(url("/cameras/live"), { headers: { "x-forwarded-prefix": "/evil" } });
    match(await page.text(), /href="\/cameras\/static\/style.css"/);
  }, { basePath: "/cameras/" });
});
