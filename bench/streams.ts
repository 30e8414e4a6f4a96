import { join } from "node:path";
import { startRtspServer } from "../tests/support/with_rtsp_server.ts";
import type { Child } from "./child.ts";
import { clipsFolder, type ClipShape, ensureClip } from "./clip.ts";
import { startSightline } from "./start.ts";

/** Settings of a configuration file, as a user would write them. */
export type Settings = Readonly<Record<string, unknown>>;

/** Cameras of one RTSP server, which can be killed, frozen and started again on its port. */
export type CameraServer = Awaited<ReturnType<typeof startRtspServer>>;

/** Starts `count` cameras, named `cam0` and so on, that all show one numbered clip in a loop. */
export async function startCameras(
  shape: ClipShape,
  count: number,
  port = 0,
): Promise<CameraServer> {
  const elementary = await ensureClip(clipsFolder, shape);
  const names = Array.from({ length: count }, (_, index) => `cam${index}`);
  const clips = Object.fromEntries(names.map((name) => [name, { file: elementary, elementary }]));
  return await startRtspServer({ clips, port });
}

/** Starts `main.ts run --config` over these settings; the file is written into `folder`. */
export async function startConfig(
  settings: Settings,
  folder: string,
  onLine?: (line: string) => void,
): Promise<Child> {
  const path = join(folder, "sightline.yaml");
  // JSON is YAML.
  await Deno.writeTextFile(path, JSON.stringify(settings));
  return startSightline(["--config", path, "--benchmark"], onLine);
}
