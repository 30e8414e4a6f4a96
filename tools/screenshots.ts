/**
 * `deno task screenshots [FOLDER]`: pictures of every page from the running demo, in each size and
 * theme; without a folder, those of README and docs alone.
 */

import { chromium, type Page } from "playwright-core";

const root = new URL("../", import.meta.url);
const chromiumPath = Deno.env.get("CHROMIUM_PATH") ?? "/usr/bin/chromium";
/** So long the demo runs before it is looked at, so that something has happened. */
const settleMs = 45_000;

const zones =
  '[{"name":"crossing","polygon":[[0.3,0.55],[0.72,0.55],[0.78,0.98],[0.22,0.98]],"dwell_ms":1500}]';
const lines = '[{"name":"lane","points":[[0.5,0.4],[0.5,0.95]]}]';

/** Files of the documentation: the page, and where its picture goes. */
const documented = [
  ["live/street", "docs/live_view.png"],
  ["events?zone=crossing&not_type=zone_left", "docs/events_page.png"],
  ["zones/street", "docs/zones_page.png"],
] as const;

const sizes = [[390, 844], [1200, 700], [1440, 900], [3840, 2160]] as const;
const themes = ["dark", "light"] as const;

/** So long a page may take for what it shows. */
const patienceMs = 30_000;
/** Runs in the page: whether all pictures that can be seen are there, and live ones are new. */
const areShown = `document.querySelector("sightline-stream:not([condition=live])") === null &&
[...document.querySelectorAll("img, .thumbnail.none")].every((picture) => {
  const { top, bottom } = picture.getBoundingClientRect();
  return bottom < 0 || top > innerHeight || picture.naturalWidth > 0;
})`;

function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

async function isThere(url: string): Promise<boolean> {
  const answer = await fetch(url).catch(() => null);
  await answer?.body?.cancel();
  return answer?.ok ?? false;
}

/** Waits until what is asked for has come to the page, then for its last picture. */
async function shoot(page: Page, address: string, path: string): Promise<void> {
  await page.emulateMedia({ reducedMotion: "reduce" });
  // A picture that never ends keeps a page from having loaded.
  await page.goto(address, { waitUntil: "domcontentloaded" });
  await page.waitForTimeout(2500);
  const untilMs = performance.now() + patienceMs;
  do {
    // Of an event that has just happened it is still being made.
    while (performance.now() < untilMs && !await page.evaluate(areShown)) {
      await page.waitForTimeout(200);
    }
    await page.screenshot({ path });
    // On a busy machine a live picture may have become old meanwhile.
  } while (performance.now() < untilMs && !await page.evaluate(areShown));
}

async function eventOf(url: string): Promise<string> {
  const asked = `${url}api/events?type=object_ended&has=clip&limit=1`;
  const { events } = await (await fetch(asked)).json();
  return events[0]?.id ?? "none";
}

async function main(folder: string | undefined): Promise<void> {
  const port = freePort();
  const url = `http://127.0.0.1:${port}/`;
  const demo = new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "-A", "main.ts", "demo", "--visualizer_port", String(port)],
      ...["--zones", zones, "--lines", lines, "--clips", '{"types":["object_started"]}'],
      // A busy machine makes pictures of everything too late to be shown.
      ...(folder === undefined
        ? ["--snapshots", "zone_entered", "--snapshots", "zone_dwelled"]
        : []),
    ],
    cwd: root,
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).spawn();
  const browser = await chromium.launch({
    executablePath: chromiumPath,
    args: ["--no-sandbox", "--disable-gpu", "--lang=en-GB"],
  });
  try {
    while (!await isThere(`${url}healthz`)) await new Promise((done) => setTimeout(done, 300));
    await new Promise((done) => setTimeout(done, settleMs));
    if (folder === undefined) {
      for (const [path, file] of documented) {
        const page = await browser.newPage({
          viewport: { width: 1280, height: 720 },
          colorScheme: "dark",
          locale: "en-GB",
        });
        await shoot(page, url + path, new URL(file, root).pathname);
        await page.close();
      }
      return;
    }
    const pages = ["live", "live/street", "events", `events/${await eventOf(url)}`, "zones/street"];
    for (const colorScheme of themes) {
      for (const [width, height] of sizes) {
        const viewport = { width, height };
        const page = await browser.newPage({ viewport, colorScheme, locale: "en-GB" });
        for (const path of [...pages, "health"]) {
          const name = path.replace("/", "_").replace(/[0-9a-f]{8}-.*/, "one");
          await shoot(page, url + path, `${folder}/${name}_${width}_${colorScheme}.png`);
        }
        await page.close();
      }
    }
  } finally {
    await browser.close();
    demo.kill("SIGTERM");
    await demo.status;
  }
}

await main(Deno.args[0]);
