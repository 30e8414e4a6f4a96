/** Part of the measurement of the live view: how long it takes until who comes late sees something. */

import { setTimeout } from "node:timers/promises";
import { quantile } from "../sample.ts";
import { timeJoin } from "../view_page.ts";
import { add, ms, openBlank, seconds, type Served, single, withStreams } from "./stage.ts";

/** Joins of each camera. */
const joins = 12;

/** Joins at any moment between two key frames, of cameras that send them seldom, and one that has none. */
export async function measureJoins(): Promise<void> {
  const { fps } = single;
  for (const keyS of [2, 10]) {
    await withStreams({ ...single, group: keyS * fps }, 1, async (served) => {
      await measure(served, `key frames ${keyS} s apart`, keyS, "≤ 300");
    });
  }
  await withStreams({ ...single, group: 10 * fps, keyless: true }, 1, async (served) => {
    // As long as it lasts, and as much as is kept of such a camera: it has been on for long.
    await setTimeout(3 * seconds * 1000);
    await measure(served, "intra refresh each 10 s, no key frames", 10, "≤ 3000");
  });
}

async function measure(
  { port, names }: Served,
  camera: string,
  spreadS: number,
  aim: string,
): Promise<void> {
  const page = await openBlank(port);
  // The page's own files are none of it.
  await page.evaluate(timeJoin, names[0]!);
  const times = [];
  for (let count = 0; count < joins; count++) {
    await setTimeout(500 + (count + Math.random()) / joins * spreadS * 1000);
    times.push(await page.evaluate(timeJoin, names[0]!));
  }
  for (const [at, what] of [[0, "a picture"], [1, "one that is no older than 500 ms"]] as const) {
    const found = times.map((each) => each[at] ?? Infinity);
    add(`joining, ${camera}: asked for → ${what}, p50`, ms(quantile(found, 0.5)));
    add("at most", ms(Math.max(...found)), at === 0 ? aim : "");
  }
  await page.context().close();
}
