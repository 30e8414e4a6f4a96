/**
 * The pages behind a path of a real nginx and a real Caddy: with the path passed on, and with it taken
 * off; and with a certificate of their own.
 */

import { deepEqual, equal, match, ok } from "node:assert/strict";
import { getLogger } from "@logtape/logtape";
import type { Browser } from "playwright-core";
import { EventLog } from "../src/events/event_log.ts";
import { caddyMissing, startCaddy } from "./support/with_caddy.ts";
import { noCertificates, withCertificates } from "./support/with_certificates.ts";
import { chromiumMissing, withChromium } from "./support/with_chromium.ts";
import { nginxMissing, startNginx } from "./support/with_nginx.ts";
import { poll } from "./support/poll.ts";
import { complaintsOf } from "./support/test_page.ts";
import { type ViewFixture, type ViewFixtureOptions, withView } from "./support/with_view.ts";

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

interface Fixture extends ViewFixture {
  readonly log: EventLog;
}

/** Signs in by way of a proxy, and goes from page to page. */
async function walk(browser: Browser, root: string, { view, log }: Fixture): Promise<void> {
  const page = await browser.newPage();
  const complaints = complaintsOf(page);
  const refused: string[] = [];
  page.on("response", (response) => {
    if (response.status() >= 400) refused.push(`${response.status()} ${response.url()}`);
  });
  await page.goto(`${root}live/door?kiosk=1`);
  match(page.url(), /\/login\?next=%2Flive%2Fdoor%3Fkiosk%3D1$/);
  await page.getByLabel("Token").fill("operate");
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.waitForURL(`${root}live/door?kiosk=1`);
  await poll("a viewer", () => view.viewers === 1);
  await page.goto(`${root}live`);
  await page.locator(".bar nav a", { hasText: "Health" }).click();
  await page.waitForURL(`${root}health`);
  await page.locator("tbody tr").first().waitFor();
  const [cookie] = await page.context().cookies();
  equal(cookie?.path, new URL(root).pathname);
  equal(cookie?.secure, root.startsWith("https:"));
  // What is behind the role is there for the role.
  const download = page.waitForEvent("download");
  await page.locator("a", { hasText: "Support bundle" }).click();
  match((await download).suggestedFilename(), /^sightline_support_.*\.zip$/);
  // What happens comes to the page as it happens.
  const feed = page.waitForResponse((response) => response.url().includes("/api/events/stream"));
  await page.locator(".bar nav a", { hasText: "Events" }).click();
  await feed;
  const draft = { stream: "door", use_case: null, sequence: null };
  log.append({ ...draft, type: "door_opened", at: new Date().toISOString() });
  await page.locator(".event h2", { hasText: "Door opened" }).waitFor();
  deepEqual({ complaints, refused }, { complaints: [], refused: [] });
  await page.getByRole("button", { name: "Sign out" }).click();
  // A question of the page that comes later leads there as well, and back.
  await page.waitForURL(({ pathname }) => pathname.endsWith("/login"));
  await page.goto(`${root}health`);
  await page.waitForURL(`${root}login?next=%2Fhealth`);
  await page.context().close();
}

/** With an event log, in memory. */
async function withLog(
  options: ViewFixtureOptions,
  use: (fixture: Fixture) => Promise<void>,
): Promise<void> {
  await using log = await EventLog.open(
    { dataDir: null, keepDays: 1, keepGb: null },
    ["door"],
    getLogger(["test"]),
  );
  await withView((fixture) => use({ ...fixture, log }), { access, events: log, ...options });
}

/** A test that needs all of this. */
function testWith(missing: string | null, name: string, fn: () => Promise<void>) {
  const reason = missing === null ? "" : ` (ignored: ${missing})`;
  Deno.test({ name: name + reason, ignore: missing !== null, fn });
}

function testBehindNginx(
  name: string,
  options: ViewFixtureOptions,
  location: (port: number) => string,
) {
  testWith(nginxMissing ?? chromiumMissing, name, () =>
    withLog(options, async (fixture) => {
      await using nginx = await startNginx(location(fixture.web.port));
      await withChromium((browser) =>
        walk(browser, `http://127.0.0.1:${nginx.port}/cameras/`, fixture)
      );
    }));
}

function testBehindCaddy(
  name: string,
  options: ViewFixtureOptions,
  directives: (port: number) => string | Promise<string>,
) {
  testWith(caddyMissing ?? chromiumMissing, name, () =>
    withLog(options, async (fixture) => {
      await using caddy = await startCaddy(await directives(fixture.web.port));
      await withChromium(
        (browser) => walk(browser, `${caddy.url}cameras/`, fixture),
        [caddy.authority],
      );
    }));
}

const trustedProxies = [{ address: "127.0.0.1", bits: null }];

testBehindNginx(
  "nginx passes the path on: --visualizer_base_path",
  { basePath: "/cameras/" },
  (port) => `location /cameras/ { proxy_pass http://127.0.0.1:${port}; ${headers} }`,
);

testBehindNginx(
  "nginx takes the path off, and says so: X-Forwarded-Prefix from a trusted proxy",
  { trustedProxies },
  (port) =>
    `location /cameras/ {
      proxy_pass http://127.0.0.1:${port}/; ${headers}
      proxy_set_header X-Forwarded-Prefix /cameras;
    }`,
);

testWith(
  nginxMissing ?? noCertificates ?? chromiumMissing,
  "nginx with TLS takes the path off, as docs/pages.md has it",
  () =>
    withLog({ trustedProxies }, async (fixture) => {
      await using files = await withCertificates();
      const tls = { certFile: files.serverCert, keyFile: files.serverKey };
      const example = await exampleOf("nginx", fixture.web.port);
      await using nginx = await startNginx(example, tls);
      await withChromium(
        (browser) => walk(browser, `https://127.0.0.1:${nginx.port}/cameras/`, fixture),
        [await Deno.readTextFile(files.serverCert)],
      );
    }),
);

testBehindCaddy(
  "Caddy with TLS passes the path on: --visualizer_base_path",
  { basePath: "/cameras/", trustedProxies },
  (port) => `reverse_proxy /cameras/* 127.0.0.1:${port}`,
);

testBehindCaddy(
  "Caddy with TLS takes the path off, as docs/pages.md has it",
  { trustedProxies },
  async (port) => {
    const example = await exampleOf("caddyfile", port);
    // What stands within the site, whose name is another one here.
    return example.slice(example.indexOf("{") + 1, example.lastIndexOf("}"));
  },
);

/** A block of docs/pages.md, for a Sightline at another port. */
async function exampleOf(language: string, port: number): Promise<string> {
  const text = await Deno.readTextFile(new URL("../docs/pages.md", import.meta.url));
  const [, block = ""] = new RegExp(`\`\`\`${language}\n(.*?)\n\`\`\``, "s").exec(text) ?? [];
  return block.replace("127.0.0.1:5000", `127.0.0.1:${port}`);
}

testWith(
  chromiumMissing,
  "--visualizer_tls auto serves a browser that was told the certificate",
  async () => {
    const folder = await Deno.makeTempDir();
    try {
      await withLog({ tls: "auto", tlsFolder: folder }, async (fixture) => {
        const pem = await Deno.readTextFile(`${folder}/cert.pem`);
        await withChromium(async (browser) => {
          await walk(browser, fixture.web.url, fixture);
          ok(fixture.web.url.startsWith("https://"));
        }, [pem]);
      });
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
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
