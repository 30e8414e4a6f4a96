/**
 * How soon the pages show what they are there for, in Chromium, each time with an empty cache:
 *
 *   deno task bench pages [--times 10] [--folder DIR]
 *
 * Sizes of what a browser fetches; from asking for the wall to its first stream moving; and from asking
 * for the events page to its first list, its day and its filters, for the log in DIR, which
 * `deno task bench events --folder DIR` makes.
 */
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { type Browser, chromium, type Page } from "playwright-core";
import { freePort } from "../tests/support/free_port.ts";
import { startClockCamera } from "./clock_camera.ts";
import { describeMachine } from "./machine.ts";
import { quantile, table } from "./sample.ts";
import { startSightline } from "./start.ts";

const { values: flags } = parseArgs({
  options: { times: { type: "string", default: "10" }, folder: { type: "string" } },
});
const times = Number(flags.times);
const motionPath = fileURLToPath(new URL("../plugins/motion.ts", import.meta.url));
const viewport = { width: 1200, height: 700 };
const patienceMs = 120_000;

const rows: string[][] = [["what", "p50", "at most", "aim"]];
const folder = await Deno.makeTempDir({ prefix: "pages_" });
const port = freePort();
const url = `http://127.0.0.1:${port}/`;
const camera = `rtsp://127.0.0.1:${freePort()}/clock`;
const path = join(folder, "sightline.yaml");
await Deno.writeTextFile(
  path,
  JSON.stringify({
    visualizer_port: port,
    ...(flags.folder !== undefined && { data_dir: flags.folder, keep_days: 3000 }),
    defaults: { rtsp_listen: true, no_model: true, use_case: motionPath, sink: [] },
    streams: { camera: { stream_url: camera } },
  }),
);
const browser = await chromium.launch({
  executablePath: Deno.env.get("CHROMIUM_PATH") ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu"],
});
try {
  await using _child = startSightline(["--config", path]);
  await untilListening();
  await using _camera = startClockCamera({ width: 640, height: 360, fps: 25 }, [camera]);
  await setTimeout(5000);
  await measureSize(browser);
  await measureWall(browser);
  if (flags.folder !== undefined) await measureEvents(browser);
} finally {
  await browser.close();
  await Deno.remove(folder, { recursive: true });
}
const { date, cores, arch, deno } = await describeMachine();
const text = `${date}, ${cores} cores ${arch}, Deno ${deno}\n\n${table(rows)}\n`;
await Deno.stdout.write(new TextEncoder().encode(text));

async function untilListening(): Promise<void> {
  for (;;) {
    const answer = await fetch(`${url}healthz`).catch(() => null);
    await answer?.body?.cancel();
    if (answer !== null) return;
    await setTimeout(100);
  }
}

/** Everything that comes for the wall, as it travels. */
async function measureSize(browser: Browser): Promise<void> {
  await fresh(browser, async (page) => {
    let bytes = 0;
    page.on("requestfinished", async (request) => {
      if (!/\/(live|static\/.*)$/.test(new URL(request.url()).pathname)) return;
      const { responseBodySize, responseHeadersSize } = await request.sizes();
      bytes += responseBodySize + responseHeadersSize;
    });
    await page.goto(`${url}live`);
    await page.locator("sightline-stream[condition=live]").waitFor({ timeout: patienceMs });
    await setTimeout(1000);
    rows.push([
      "the wall's files, as they travel",
      `${(bytes / 1000).toFixed(0)} kB`,
      "",
      "≤ 150 kB",
    ]);
  });
}

/** Two pictures on the screen: then it moves. */
async function measureWall(browser: Browser): Promise<void> {
  const takenMs: number[] = [];
  for (let i = 0; i < times; i++) {
    await fresh(browser, async (page) => {
      await page.addInitScript(countPictures);
      const startMs = performance.now();
      await page.goto(`${url}live`, { waitUntil: "commit" });
      while (await page.evaluate<number>("globalThis.pictures") < 2) await setTimeout(5);
      takenMs.push(performance.now() - startMs);
    });
  }
  told("the wall: asked for → its stream moves", takenMs, "≤ 1000 ms");
}

async function measureEvents(browser: Browser): Promise<void> {
  const listMs: number[] = [];
  const dayMs: number[] = [];
  const filterMs: number[] = [];
  const excludedMs: number[] = [];
  for (let i = 0; i < times; i++) {
    await fresh(browser, async (page) => {
      let startMs = performance.now();
      await page.goto(`${url}events`, { waitUntil: "commit" });
      const reached = async (selector: string, list: number[]) => {
        await page.locator(selector).first().waitFor({ state: "attached", timeout: patienceMs });
        list.push(performance.now() - startMs);
      };
      await Promise.all([
        reached(".event a", listMs),
        reached(".day i:not([style*=' 0%'])", dayMs),
        reached(".filters label:nth-child(4) option:nth-child(2)", filterMs),
      ]);
      startMs = performance.now();
      await page.goto(`${url}events?not_type=object_updated&not_label=car`, {
        waitUntil: "commit",
      });
      await reached(".event a", excludedMs);
    });
  }
  told("events: asked for → the first list", listMs, "");
  told("→ the day's bar", dayMs, "");
  told("→ what can be filtered by", filterMs, "");
  told("without a type and a label → the first list", excludedMs, "");
}

async function fresh(browser: Browser, use: (page: Page) => Promise<void>): Promise<void> {
  const context = await browser.newContext({ viewport });
  try {
    await use(await context.newPage());
  } finally {
    await context.close();
  }
}

/** Runs in the page before its own scripts: each picture that an element draws is counted. */
function countPictures(): void {
  // deno-lint-ignore no-explicit-any -- the browser's globals are not Deno's
  const page = globalThis as any;
  page.pictures = 0;
  const { dispatchEvent } = page.EventTarget.prototype;
  page.EventTarget.prototype.dispatchEvent = function (event: Event) {
    if (event.type === "sightline-picture") page.pictures++;
    return dispatchEvent.call(this, event);
  };
}

function told(what: string, takenMs: readonly number[], aim: string): void {
  const inMs = (value: number) => `${value.toFixed(0)} ms`;
  rows.push([what, inMs(quantile(takenMs, 0.5)), inMs(Math.max(...takenMs)), aim]);
}
