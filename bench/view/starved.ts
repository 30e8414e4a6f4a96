/** Part of the measurement of the live view: what a browser shows that gets hardly any CPU. */

import { setTimeout } from "node:timers/promises";
import { listTree } from "../process_tree.ts";
import { quantile } from "../sample.ts";
import { type Seen, watchStreams } from "../view_page.ts";
import { add, describeOffsets, ms, openPage, seconds, type Served, settleMs } from "./stage.ts";

/** A browser that is held runs for its share of each span of so many milliseconds. */
const spanMs = 100;
/** The clock camera's key frames come each second: 2 s, and one interval between them. */
const mostMs = 3000;

/** Ages as the pixels have them beside what the page says, at shares of the time, and after a stop. */
export async function measureStarved(served: Served): Promise<void> {
  const page = await openPage(served, served.port, "prompt");
  const watch = async (forS: number): Promise<Seen["shown"]> => {
    const [seen] = await page.evaluate(watchStreams, { seconds: forS, saidEveryMs: 0 });
    return seen!.shown;
  };
  await setTimeout(settleMs);
  const pids = await browserPids();
  for (const share of [0.5, 0.2, 0.1]) {
    const held = hold(pids, share);
    const shown = await watch(2 * seconds);
    await held.end();
    describe(`browser that runs ${share * 100} % of the time`, shown);
    await setTimeout(settleMs);
  }
  const stopS = 5;
  const watching = watch(stopS + 10);
  await setTimeout(3000);
  signal(pids, "SIGSTOP");
  await setTimeout(stopS * 1000);
  signal(pids, "SIGCONT");
  const shown = await watching;
  describe(`browser that is stopped for ${stopS} s`, shown, stopS * 1000);
  const oldest = shown.findIndex(({ pixelsMs }) => pixelsMs > stopS * 1000 - 500);
  const young = shown.findIndex(({ pixelsMs }, at) => at > oldest && pixelsMs < 500);
  const waitMs = (shown[young]?.atMs ?? Infinity) - (shown[oldest]?.atMs ?? 0);
  add("gone on until the picture is young again", oldest < 0 ? "at once" : ms(waitMs));
  await page.context().close();
}

function describe(name: string, shown: Seen["shown"], stoppedMs = 0): void {
  const ages = shown.map(({ pixelsMs }) => pixelsMs);
  add(`${name}: age of the picture on the screen, p50`, ms(quantile(ages, 0.5)));
  add("at most", ms(Math.max(...ages)), `≤ ${stoppedMs + mostMs}`);
  describeOffsets(shown);
}

/** The browser's processes: those of ours that are Chromium's. */
async function browserPids(): Promise<number[]> {
  const tree = await listTree(Deno.pid);
  return tree.filter(({ command }) => /chrom/.test(command)).map(({ pid }) => pid);
}

/** Lets processes run for a share of the time, until it is ended. */
function hold(pids: readonly number[], share: number): { end(): Promise<void> } {
  let isOver = false;
  const holding = (async () => {
    while (!isOver) {
      signal(pids, "SIGSTOP");
      await setTimeout(spanMs * (1 - share));
      signal(pids, "SIGCONT");
      await setTimeout(spanMs * share);
    }
  })();
  return {
    end() {
      isOver = true;
      return holding;
    },
  };
}

function signal(pids: readonly number[], name: Deno.Signal): void {
  for (const pid of pids) {
    try {
      Deno.kill(pid, name);
    } catch (error) {
      // The browser ends some of its processes by itself.
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }
}
