/** A whole app in this process, with metrics on a port of its own. */

import { getLogger } from "@logtape/logtape";
import { App } from "../../src/app/app.ts";
import type { ResolvedConfig } from "../../src/config/resolve_config.ts";
import { numberedClip } from "./clips.ts";
import { configOf, type Settings } from "./config_of.ts";
import { freePort } from "./free_port.ts";

/** Streams that show a clip at its own pace and ask no model, unless they say otherwise. */
export async function clipConfig(
  metrics_port: number,
  streams: Readonly<Record<string, Settings>>,
): Promise<ResolvedConfig> {
  const clip = await numberedClip({ width: 320, height: 180, fps: 25, frames: 500 });
  const shared = { stream_url: clip.file, fps: 25, sink: ["jsonl:/dev/null"] };
  return configOf(streams, { process: { metrics_port }, shared });
}

/** What asks the demo's model. */
export const demoModel = {
  no_model: false,
  model_path: "demo/person_vehicle_bike.onnx",
  use_case: "plugins/person_vehicle_bike.ts",
};

/** What asks a graph over the demo's model, of a `model_server --graphs`. */
export function demoGraph({ grpcPort }: { readonly grpcPort: number }): Settings {
  return {
    ...{ no_model: false, use_case: "plugins/person_vehicle_bike.ts" },
    ...{ ovms_url: `127.0.0.1:${grpcPort}`, model_name: "detect", api: "kserve_stream" },
  };
}

/** An app at work. */
export interface AppFixture {
  readonly app: App;
  readonly port: number;
  scrape(): Promise<string>;
  get(path: string): Promise<Response>;
}

/** Runs `use` with an app that serves metrics. */
export async function withApp(
  streams: Readonly<Record<string, Settings>>,
  use: (fixture: AppFixture) => Promise<void>,
): Promise<void> {
  const port = freePort();
  const app = await App.open(await clipConfig(port, streams), getLogger(["test"]));
  await using _app = app;
  const stop = new AbortController();
  const running = app.run(stop.signal, new AbortController().signal);
  const get = (path: string) => fetch(`http://127.0.0.1:${port}${path}`);
  try {
    await use({ app, port, get, scrape: async () => await (await get("/metrics")).text() });
  } finally {
    stop.abort();
    await running;
  }
}
