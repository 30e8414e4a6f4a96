/** What the parts of the measurement of the live view stand on: a browser, cameras, Sightline, and rows. */

import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { chromium, type Page } from "playwright-core";
import { freePort } from "../../tests/support/free_port.ts";
import type { Child } from "../child.ts";
import { type ClockShape, startClockCamera } from "../clock_camera.ts";
import { startSightline } from "../start.ts";
import { installClock, type Seen, showStreams } from "../view_page.ts";

/** How it is run. */
export const { values: flags } = parseArgs({
  options: {
    seconds: { type: "string", default: "20" },
    only: { type: "string", default: "age,viewers,wall,slow,starved,feed,join,boxes" },
    pictures: { type: "string", default: "1000" },
    peers: { type: "boolean", default: false },
    go2rtc: { type: "string", default: "go2rtc" },
    json: { type: "boolean", default: false },
  },
});
/** A measurement of one thing takes so long. */
export const seconds = Number(flags.seconds);
/** A page that was opened is left alone for so long. */
export const settleMs = 4000;
/** The camera of most parts. */
export const single: ClockShape = { width: 640, height: 360, fps: 25 };

/** What was measured, in the order in which it was. */
export const rows: (readonly [what: string, figure: string, aim: string])[] = [];
/** Adds a row, and says so: the whole takes long. */
export function add(what: string, figure: string, aim = ""): void {
  rows.push([what, figure, aim]);
  if (!flags.json) Deno.stderr.writeSync(new TextEncoder().encode(`${what}: ${figure}\n`));
}
export const ms = (value: number): string => `${value.toFixed(0)} ms`;

const motionPath = fileURLToPath(new URL("../../plugins/motion.ts", import.meta.url));

export const browser = await chromium.launch({
  executablePath: Deno.env.get("CHROMIUM_PATH") ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu", "--allow-loopback-in-peer-connection"],
});

/** Sightline at work, with cameras that show the clock. */
export interface Served {
  readonly child: Child;
  readonly port: number;
  readonly names: string[];
  readonly shape: ClockShape;
}

/**
 * Sightline with cameras that push, and a use case that finds what moves; `pushed` are addresses of
 * others that get the same pictures.
 */
export async function withStreams(
  shape: ClockShape,
  count: number,
  measure: (served: Served) => Promise<void>,
  { useCase = motionPath, pushed = [] }: { useCase?: string; pushed?: readonly string[] } = {},
): Promise<void> {
  const names = Array.from({ length: count }, (_, at) => `camera${at}`);
  const urls = names.map(() => `rtsp://127.0.0.1:${freePort()}/clock`);
  const port = freePort();
  const folder = await Deno.makeTempDir({ prefix: "view_" });
  const path = join(folder, "sightline.yaml");
  await Deno.writeTextFile(
    path,
    JSON.stringify({
      visualizer_port: port,
      defaults: { rtsp_listen: true, no_model: true, use_case: useCase, sink: [] },
      streams: Object.fromEntries(names.map((name, at) => [name, { stream_url: urls[at] }])),
    }),
  );
  try {
    await using child = startSightline(["--config", path]);
    await untilListening(`http://127.0.0.1:${port}/healthz`);
    await using _camera = startClockCamera(shape, [...urls, ...pushed]);
    await setTimeout(settleMs * Math.ceil(count / 4));
    await measure({ child, port, names, shape });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Resolves once something answers there. */
export async function untilListening(url: string): Promise<void> {
  for (;;) {
    const answer = await fetch(url).catch(() => null);
    await answer?.body?.cancel();
    if (answer !== null) return;
    await setTimeout(100);
  }
}

/** A page that can read the clock. */
export async function newPage(): Promise<Page> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 720 } });
  await context.addInitScript(installClock);
  return await context.newPage();
}

/** A page of Sightline's with nothing in it; `port` may be that of something on the way. */
export async function openBlank(port: number): Promise<Page> {
  const page = await newPage();
  const url = `http://127.0.0.1:${port}/bench`;
  const blank = { contentType: "text/html", body: "<!doctype html><title>view</title>" };
  await page.route(url, (route) => route.fulfill(blank));
  await page.goto(url);
  return page;
}

/** A page with nothing but streams. */
export async function openPage({ names }: Served, port: number, mode: string): Promise<Page> {
  const page = await openBlank(port);
  await page.evaluate(showStreams, { names, mode, columns: Math.ceil(Math.sqrt(names.length)) });
  await page.locator("sightline-stream[condition=live], sightline-stream[condition=behind]").first()
    .waitFor({ timeout: 30_000 });
  return page;
}

/** How much older pictures were by their pixels than by what the page said of what it can know. */
export function offsets(shown: Seen["shown"]): number[] {
  return shown.flatMap(({ pixelsMs, saidMs, beforeMs }) =>
    saidMs === null ? [] : [pixelsMs - saidMs - beforeMs]
  );
}

/** Rows on how true the page's figure is. */
export function describeOffsets(shown: Seen["shown"]): void {
  const off = offsets(shown);
  const far = off.filter((offset) => Math.abs(offset) > 50).length;
  add("the page's figure off", `${Math.min(...off).toFixed(0)}…${ms(Math.max(...off))}`, "± 50");
  add("by more than 50 ms", `${far} of ${off.length} looks`, "0");
}
