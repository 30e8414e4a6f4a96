/** Part of the measurement of the live view: how old pictures of `/video_feed` are. */

import { setTimeout } from "node:timers/promises";
import { Image } from "imagescript";
import { readClock } from "../clock_camera.ts";
import { quantile } from "../sample.ts";
import { openSlowLink } from "../slow_link.ts";
import { add, ms, seconds, type Served } from "./stage.ts";

const bytesPerS = 25_000;
/** What the receiving side holds where a line is slow rather than who reads, as near as Linux goes. */
const thinBytes = 4096;

/** A reader that is slow, one behind a line that is, and one that stops for a while. */
export async function measureFeed({ port }: Served): Promise<void> {
  for (const [name, receives] of [["line", thinBytes], ["reader", undefined]] as const) {
    using link = openSlowLink(port, bytesPerS, receives);
    const pictures = await watchFeed(link.port, 4 * seconds);
    describe(`/video_feed over a ${name} of 25 kB/s`, pictures);
  }
  using link = openSlowLink(port, 10_000_000);
  const watching = watchFeed(link.port, 20);
  await setTimeout(5000);
  link.stop();
  await setTimeout(5000);
  link.goOn();
  const pictures = await watching;
  const stopped = pictures.findLastIndex(({ atMs }) => atMs < 7500);
  const after = pictures.slice(stopped + 1);
  const young = after.findIndex(({ ageMs }) => ageMs < 500);
  add("/video_feed, a reader that stops for 5 s: old pictures after it goes on", String(young));
  add("until the first young one", ms((after[young]?.atMs ?? Infinity) - after[0]!.atMs));
}

interface FedPicture {
  /** Since the asking. */
  readonly atMs: number;
  readonly ageMs: number;
}

function describe(name: string, pictures: readonly FedPicture[]): void {
  // Until the next one comes, each grows older on the screen.
  const ends = pictures.slice(0, -1).map(({ atMs, ageMs }, at) =>
    ageMs + pictures[at + 1]!.atMs - atMs
  );
  const half = pictures.slice(pictures.length / 2);
  add(`${name}: age of a picture when it comes, p50`, ms(quantile(ages(pictures), 0.5)));
  add("of the later half, p50", ms(quantile(ages(half), 0.5)));
  add("of the picture on the screen, at most", ms(Math.max(...ends)));
  add("pictures a second", (pictures.length / (4 * seconds)).toFixed(2));
}

const ages = (pictures: readonly FedPicture[]) => pictures.map(({ ageMs }) => ageMs);

/** Asks for it, and reads the clock in each picture when all of it is there. */
async function watchFeed(port: number, forS: number): Promise<FedPicture[]> {
  const begunAtMs = performance.now();
  const end = AbortSignal.timeout(forS * 1000);
  const came: { atMs: number; wallMs: number; jpeg: Uint8Array }[] = [];
  try {
    const answer = await fetch(`http://127.0.0.1:${port}/video_feed`, { signal: end });
    let rest = new Uint8Array(0);
    for await (const bytes of answer.body!) {
      rest = await new Blob([rest, bytes]).bytes();
      const head = new TextDecoder("latin1").decode(rest.subarray(0, 200));
      const match = /content-length: (\d+)\r\n\r\n/.exec(head);
      if (match === null) continue;
      const begin = match.index + match[0].length;
      const jpegEnd = begin + Number(match[1]);
      if (rest.length < jpegEnd) continue;
      const jpeg = rest.slice(begin, jpegEnd);
      came.push({ atMs: performance.now() - begunAtMs, wallMs: Date.now(), jpeg });
      rest = rest.slice(jpegEnd);
    }
  } catch (error) {
    if (!end.aborted) throw error;
  }
  const pictures: FedPicture[] = [];
  for (const { atMs, wallMs, jpeg } of came) {
    const { width, height, bitmap } = await Image.decode(jpeg) as Image;
    const middle = Math.floor(height / 2) * width;
    const row = Uint8Array.from({ length: width }, (_, x) => bitmap[(middle + x) * 4]!);
    const clock = readClock(row);
    if (clock !== null) pictures.push({ atMs, ageMs: (wallMs - clock) & 0xfffff });
  }
  return pictures;
}
