/**
 * The live view, measured in Chromium from the pixels of pictures that show the wall clock:
 *
 *   deno task bench view [--seconds 20] [--pictures 1000] [--peers [--go2rtc PATH]] [--json]
 *       [--only age,viewers,wall,slow,starved,feed,join,boxes]
 *
 * Ages are from the handing of a picture to the camera's encoder until it is on the page, and so hold
 * the camera's encoder, ffmpeg and the browser as well.
 */
import { setTimeout } from "node:timers/promises";
import { describeMachine } from "./machine.ts";
import { treeCpuSeconds, treeMemory } from "./process_tree.ts";
import { quantile, table } from "./sample.ts";
import { openSlowLink } from "./slow_link.ts";
import { measureBoxes, squarePath } from "./view/boxes.ts";
import { measureFeed } from "./view/feed.ts";
import { measureJoins } from "./view/join.ts";
import { measurePeers } from "./view/peers.ts";
import {
  add,
  browser,
  describeOffsets,
  flags,
  ms,
  openPage,
  rows,
  seconds,
  type Served,
  settleMs,
  single,
  withStreams,
} from "./view/stage.ts";
import { measureStarved } from "./view/starved.ts";
import { countPictures, type Seen, watchStreams } from "./view_page.ts";

const parts = new Set(flags.only.split(","));
try {
  if (flags.peers) await measurePeers();
  if (parts.has("age")) await withStreams(single, 1, measureAges);
  if (parts.has("viewers")) await withStreams(single, 1, measureViewers);
  if (parts.has("wall")) await withStreams({ ...single, fps: 10 }, 16, measureWall);
  if (parts.has("slow")) await withStreams({ ...single, noisy: true }, 1, measureSlow);
  if (parts.has("starved")) await withStreams(single, 1, measureStarved);
  if (parts.has("feed")) await withStreams({ ...single, noisy: true }, 1, measureFeed);
  if (parts.has("join")) await measureJoins();
  if (parts.has("boxes")) await withStreams(single, 1, measureBoxes, { useCase: squarePath });
} finally {
  await browser.close();
}
const machine = await describeMachine();
const text = flags.json ? JSON.stringify({ bench: "view", machine, flags, rows }, null, 2) : [
  `${machine.date}, ${machine.cores} cores ${machine.arch}, Deno ${machine.deno}, ffmpeg ${machine.ffmpeg}`,
  "",
  table([["what", "figure", "aim"], ...rows]),
].join("\n");
await Deno.stdout.write(new TextEncoder().encode(`${text}\n`));

async function measureAges(served: Served): Promise<void> {
  for (const mode of ["prompt", "exact"]) {
    const startMs = performance.now();
    const page = await openPage(served, served.port, mode);
    add(`${mode}: page asked for → first picture`, ms(performance.now() - startMs));
    await setTimeout(settleMs);
    const [seen] = await page.evaluate(watchStreams, { seconds });
    describeAges(mode, seen!);
    const [pictures] = await page.evaluate(countPictures, 5);
    add(`${mode}: pictures a second, of ${served.shape.fps}`, (pictures! / 5).toFixed(1));
    await page.context().close();
  }
}

function describeAges(name: string, { agesMs, shown }: Seen): void {
  add(`${name}: age p50`, ms(quantile(agesMs, 0.5)), "≤ 100");
  add(`${name}: age p99`, ms(quantile(agesMs, 0.99)), "≤ 180");
  const before = shown.map(({ beforeMs }) => beforeMs);
  add(`${name}: of it before Sightline has the packet, p50`, ms(quantile(before, 0.5)));
  describeOffsets(shown);
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
  const seen = await first.evaluate(watchStreams, { seconds });
  add("there: age p50", ms(quantile(seen.flatMap(({ agesMs }) => agesMs), 0.5)));
  for (const page of [first, second]) await page.context().close();
}

async function measureSlow(served: Served): Promise<void> {
  for (const [name, bytesPerS] of [["25 kB/s", 25_000], ["300 kbit/s", 37_500]] as const) {
    using link = openSlowLink(served.port, bytesPerS);
    const page = await openPage(served, link.port, "prompt");
    await setTimeout(settleMs);
    const [seen] = await page.evaluate(watchStreams, { seconds: 2 * seconds, saidEveryMs: 100 });
    const ages = seen!.shown.map(({ pixelsMs }) => pixelsMs);
    add(`${name}: age of the picture on the screen, p50`, ms(quantile(ages, 0.5)));
    add(`${name}: at most`, ms(Math.max(...ages)), "≤ 3000");
    describeOffsets(seen!.shown);
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
