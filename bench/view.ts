/**
 * The live view, measured in Chromium from the pixels of pictures that show the wall clock:
 *
 *   deno task bench view [--seconds 20] [--only age,rate,viewers,wall,slow] [--json]
 *
 * Ages are from the handing of a picture to the camera's encoder until it is on the page, and so hold
 * the camera's encoder, ffmpeg and the browser as well.
 */
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { type Browser, chromium, type Page } from "playwright-core";
import { freePort } from "../tests/support/free_port.ts";
import type { Child } from "./child.ts";
import { type ClockShape, startClockCamera } from "./clock_camera.ts";
import { describeMachine } from "./machine.ts";
import { treeCpuSeconds, treeMemory } from "./process_tree.ts";
import { quantile, table } from "./sample.ts";
import { openSlowLink } from "./slow_link.ts";
import { startSightline } from "./start.ts";
import { countPictures, type Seen, showStreams, watchStreams } from "./view_page.ts";

const { values: flags } = parseArgs({
  options: {
    seconds: { type: "string", default: "20" },
    only: { type: "string", default: "age,viewers,wall,slow" },
    json: { type: "boolean", default: false },
  },
});
const seconds = Number(flags.seconds);
const parts = new Set(flags.only.split(","));
const settleMs = 4000;
const motionPath = fileURLToPath(new URL("../plugins/motion.ts", import.meta.url));

interface Row {
  readonly what: string;
  readonly figure: string;
  readonly aim?: string;
}

const rows: Row[] = [];
const add = (what: string, figure: string, aim = "") => rows.push({ what, figure, aim });
const ms = (value: number) => `${value.toFixed(0)} ms`;

const folder = await Deno.makeTempDir({ prefix: "view_" });
const browser = await chromium.launch({
  executablePath: Deno.env.get("CHROMIUM_PATH") ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu"],
});
try {
  const single = { width: 640, height: 360, fps: 25 };
  if (parts.has("age")) await withStreams(single, 1, measureAges);
  if (parts.has("viewers")) await withStreams(single, 1, measureViewers);
  if (parts.has("wall")) await withStreams({ ...single, fps: 10 }, 16, measureWall);
  if (parts.has("slow")) await withStreams({ ...single, noisy: true }, 1, measureSlow);
} finally {
  await browser.close();
  await Deno.remove(folder, { recursive: true });
}
const machine = await describeMachine();
const text = flags.json ? JSON.stringify({ bench: "view", machine, flags, rows }, null, 2) : [
  `${machine.date}, ${machine.cores} cores ${machine.arch}, Deno ${machine.deno}, ffmpeg ${machine.ffmpeg}`,
  "",
  table([
    ["what", "figure", "aim"],
    ...rows.map(({ what, figure, aim = "" }) => [what, figure, aim]),
  ]),
].join("\n");
await Deno.stdout.write(new TextEncoder().encode(`${text}\n`));

interface Served {
  readonly child: Child;
  readonly port: number;
  readonly names: string[];
  readonly shape: ClockShape;
}

/** Sightline with cameras that push, and a use case that finds what moves. */
async function withStreams(
  shape: ClockShape,
  count: number,
  measure: (served: Served) => Promise<void>,
): Promise<void> {
  const names = Array.from({ length: count }, (_, at) => `camera${at}`);
  const urls = names.map(() => `rtsp://127.0.0.1:${freePort()}/clock`);
  const port = freePort();
  const path = join(folder, "sightline.yaml");
  await Deno.writeTextFile(
    path,
    JSON.stringify({
      visualizer_port: port,
      defaults: { rtsp_listen: true, no_model: true, use_case: motionPath, sink: [] },
      streams: Object.fromEntries(names.map((name, at) => [name, { stream_url: urls[at] }])),
    }),
  );
  await using child = startSightline(["--config", path]);
  await untilListening(port);
  await using _camera = startClockCamera(shape, urls);
  await setTimeout(settleMs * Math.ceil(count / 4));
  await measure({ child, port, names, shape });
}

async function untilListening(port: number): Promise<void> {
  for (;;) {
    const answer = await fetch(`http://127.0.0.1:${port}/healthz`).catch(() => null);
    await answer?.body?.cancel();
    if (answer !== null) return;
    await setTimeout(100);
  }
}

async function openPage(
  { names }: Served,
  port: number,
  mode: string,
  from: Browser = browser,
): Promise<Page> {
  const context = await from.newContext({ viewport: { width: 1280, height: 720 } });
  const page = await context.newPage();
  const url = `http://127.0.0.1:${port}/bench`;
  // Nothing but streams.
  const blank = { contentType: "text/html", body: "<!doctype html><title>view</title>" };
  await page.route(url, (route) => route.fulfill(blank));
  await page.goto(url);
  await page.evaluate(showStreams, { names, mode, columns: Math.ceil(Math.sqrt(names.length)) });
  await page.locator("sightline-stream[condition=live], sightline-stream[condition=behind]").first()
    .waitFor({ timeout: 30_000 });
  return page;
}

async function measureAges(served: Served): Promise<void> {
  for (const mode of ["prompt", "exact"]) {
    const startMs = performance.now();
    const page = await openPage(served, served.port, mode);
    add(`${mode}: page asked for → first picture`, ms(performance.now() - startMs));
    await setTimeout(settleMs);
    const [seen] = await page.evaluate(watchStreams, seconds);
    describeAges(mode, seen!);
    const [pictures] = await page.evaluate(countPictures, 5);
    add(`${mode}: pictures a second, of ${served.shape.fps}`, (pictures! / 5).toFixed(1));
    await page.context().close();
  }
}

function describeAges(name: string, { agesMs, shown }: Seen): void {
  add(`${name}: age p50`, ms(quantile(agesMs, 0.5)), "≤ 100");
  add(`${name}: age p99`, ms(quantile(agesMs, 0.99)), "≤ 180");
  add(`${name}: the page says less than the pixels, p50`, ms(quantile(offsets(shown), 0.5)));
}

function offsets(shown: Seen["shown"]): number[] {
  return shown.flatMap(({ pixelsMs, saidMs }) => saidMs === null ? [] : [pixelsMs - saidMs]);
}

/** What one more viewer costs Sightline, without what costs the browser. */
async function measureViewers(served: Served): Promise<void> {
  const cores = async () => {
    const before = await treeCpuSeconds(served.child.pid);
    const startMs = performance.now();
    await setTimeout(seconds * 1000);
    const spent = await treeCpuSeconds(served.child.pid) - before;
    return spent / ((performance.now() - startMs) / 1000);
  };
  const none = await cores();
  const pages = [await openPage(served, served.port, "prompt")];
  const one = await cores();
  while (pages.length < 4) pages.push(await openPage(served, served.port, "prompt"));
  const four = await cores();
  for (const page of pages) await page.context().close();
  add("cores without a viewer", none.toFixed(3));
  add("with one", one.toFixed(3));
  add("four viewers above one", (four - one).toFixed(3), "≤ 0.02");
}

async function measureWall(served: Served): Promise<void> {
  const first = await openPage(served, served.port, "prompt");
  await setTimeout(settleMs);
  const rate = (counts: number[]) => {
    const rates = counts.map((count) => count / 10);
    return `${Math.min(...rates).toFixed(1)}–${Math.max(...rates).toFixed(1)}`;
  };
  add(
    "16 streams in one window: pictures a second, of 10",
    rate(await first.evaluate(countPictures, 10)),
  );
  const second = await openPage(served, served.port, "prompt");
  await setTimeout(settleMs);
  const both = await Promise.all([first, second].map((page) => page.evaluate(countPictures, 10)));
  add("16 streams in two windows at once", rate(both.flat()));
  const seen = await first.evaluate(watchStreams, seconds);
  add("there: age p50", ms(quantile(seen.flatMap(({ agesMs }) => agesMs), 0.5)));
  for (const page of [first, second]) await page.context().close();
}

async function measureSlow(served: Served): Promise<void> {
  for (const [name, bytesPerS] of [["25 kB/s", 25_000], ["300 kbit/s", 37_500]] as const) {
    using link = openSlowLink(served.port, bytesPerS);
    const page = await openPage(served, link.port, "prompt");
    await setTimeout(settleMs);
    const [seen] = await page.evaluate(watchStreams, 2 * seconds);
    const ages = seen!.shown.map(({ pixelsMs }) => pixelsMs);
    add(`${name}: age of the picture on the screen, p50`, ms(quantile(ages, 0.5)));
    add(`${name}: at most`, ms(Math.max(...ages)), "≤ 3000");
    const [least, most] = [Math.min(...offsets(seen!.shown)), Math.max(...offsets(seen!.shown))];
    add(`${name}: the page says less than the pixels`, `${least.toFixed(0)}–${ms(most)}`);
    add(`${name}: pictures a second`, (seen!.agesMs.length / (2 * seconds)).toFixed(1));
    await page.context().close();
  }
  const before = await treeMemory(served.child.pid);
  using link = openSlowLink(served.port, 1_000_000);
  const pages = [];
  for (let count = 0; count < 4; count++) pages.push(await openPage(served, link.port, "prompt"));
  link.stop();
  await setTimeout(8000);
  const after = await treeMemory(served.child.pid);
  add(
    "memory for four readers that stopped",
    `${((after.pssBytes - before.pssBytes) / 1e6).toFixed(1)} MB`,
  );
  for (const page of pages) await page.context().close();
}
