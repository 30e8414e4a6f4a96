/** Part of the measurement of the live view: go2rtc beside it, from the same camera, in turns. */

import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import type { Page } from "playwright-core";
import { freePort } from "../../tests/support/free_port.ts";
import { Child } from "../child.ts";
import { quantile } from "../sample.ts";
import { watchStreams, watchVideo } from "../view_page.ts";
import {
  add,
  flags,
  ms,
  newPage,
  openPage,
  seconds,
  type Served,
  settleMs,
  single,
  untilListening,
  withStreams,
} from "./stage.ts";

const passes = 3;
const arms = ["Sightline, prompt", "go2rtc, webrtc", "go2rtc, mse"] as const;

/** Says so where there is no go2rtc. */
export async function measurePeers(): Promise<void> {
  const version = await versionOf(flags.go2rtc);
  if (version === null) return add("go2rtc", "not measured: there is none (--go2rtc PATH)");
  const [api, rtsp, webrtc] = [freePort(), freePort(), freePort()];
  const folder = await Deno.makeTempDir({ prefix: "peers_" });
  try {
    const config = join(folder, "go2rtc.yaml");
    await Deno.writeTextFile(
      config,
      JSON.stringify({
        api: { listen: `127.0.0.1:${api}` },
        rtsp: { listen: `127.0.0.1:${rtsp}` },
        // Nobody outside of this machine is asked for ways to it.
        webrtc: {
          listen: `127.0.0.1:${webrtc}`,
          candidates: [`127.0.0.1:${webrtc}`],
          ice_servers: [],
          filters: { loopback: true },
        },
        streams: { clock: null },
      }),
    );
    await using _peer = new Child(flags.go2rtc, ["-config", config], () => {});
    await untilListening(`http://127.0.0.1:${api}/api`);
    const pushed = [`rtsp://127.0.0.1:${rtsp}/clock`];
    await withStreams(single, 1, (served) => measure(served, api, version), { pushed });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function measure(served: Served, api: number, version: string): Promise<void> {
  const agesMs = new Map(arms.map((arm) => [arm, [] as number[]]));
  for (let pass = 0; pass < passes; pass++) {
    for (const arm of arms) {
      const [, mode] = arm.split(", ");
      const page = arm.startsWith("Sightline")
        ? await openPage(served, served.port, mode!)
        : await openPeer(`http://127.0.0.1:${api}/stream.html?src=clock&mode=${mode}`);
      await setTimeout(settleMs);
      const seen = arm.startsWith("Sightline")
        ? (await page.evaluate(watchStreams, { seconds }))[0]!.agesMs
        : await page.evaluate(watchVideo, seconds);
      agesMs.get(arm)!.push(...seen);
      await page.context().close();
    }
  }
  add("beside it", version);
  for (const [arm, ages] of agesMs) {
    add(`${arm}: age p50`, ms(quantile(ages, 0.5)));
    add("age p99", ms(quantile(ages, 0.99)));
    add("pictures a second, of 25", (ages.length / (passes * seconds)).toFixed(1));
  }
}

async function openPeer(url: string): Promise<Page> {
  const page = await newPage();
  await page.goto(url);
  return page;
}

/** What it calls itself; null = it cannot be run. */
async function versionOf(path: string): Promise<string | null> {
  try {
    const { stdout } = await new Deno.Command(path, { args: ["-version"] }).output();
    return new TextDecoder().decode(stdout).trim().split("\n")[0]!;
  } catch {
    return null;
  }
}
