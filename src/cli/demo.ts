/** `demo`: the main job on what ships with Sightline, a drawn street pushed over real RTSP. */

import { assetFile } from "../assets.ts";
import { ProcessGuard } from "../process_guard.ts";
import { pause } from "../backoff.ts";
import { clockPace } from "../source/clock/pace.ts";
import type { SightlineEvent } from "../events/event.ts";
import { tellEvents } from "./events.ts";
import type { Ending } from "./lifetime.ts";
import { print } from "./print.ts";
import { run } from "./run.ts";

/** Milliseconds between two attempts of the camera to reach the listener. */
const retryMs = 300;

/** Runs the demo until it is stopped; `args` may add any flag of `run` or change the port. */
export async function demo(
  args: string[],
  signal: AbortSignal,
  ending: Ending,
): Promise<number> {
  if (args.includes("--help") || args.includes("-h")) {
    return await run(["--help"], signal, ending);
  }
  const url = `rtsp://127.0.0.1:${freePort()}/street`;
  const ended = new AbortController();
  await using clip = await assetFile("demo/street.mp4");
  await using model = await assetFile("demo/person_vehicle_bike.onnx");
  // Events go with the demo.
  const dataDir = await Deno.makeTempDir({ prefix: "sightline-demo-" });
  const remove = () => Deno.removeSync(dataDir, { recursive: true });
  // Also where the process ends before everything has stopped.
  addEventListener("unload", remove);
  const over = AbortSignal.any([signal, ended.signal]);
  const camera = pushClip(clip.path, url, over);
  const link = `http://localhost:${portIn(args)}/api/events`;
  const told = (async () => {
    // What a program reads stays alone on stdout.
    if (args.some((arg) => /^--(benchmark|sink)\b/.test(arg))) return;
    await print(`Events: ${link}; one of them: ${link}/ID, its picture: ${link}/ID/snapshot.jpg`);
    await tellEvents(dataDir, isOfInterest, over);
  })().catch(() => {});
  try {
    return await run(
      [
        ...["--stream_url", url, "--rtsp_listen", "--stream_name", "street"],
        ...["--model_path", model.path],
        ...["--visualizer_port", "5000", "--track", "--data_dir", dataDir],
        ...args,
      ],
      signal,
      ending,
    );
  } finally {
    ended.abort();
    await Promise.all([camera, told]);
    removeEventListener("unload", remove);
    remove();
  }
}

/** The port of the live view, where the arguments name another one. */
function portIn(args: readonly string[]): string {
  const at = args.findLastIndex((arg) => /^--visualizer[-_]port(=|$)/.test(arg));
  return at < 0 ? "5000" : args[at]!.split("=")[1] ?? args[at + 1] ?? "";
}

/** What a person would want to know; that a picture has become better is told every few seconds. */
function isOfInterest({ type }: SightlineEvent): boolean {
  return type !== "object_updated";
}

/** Plays the camera: pushes the clip in a loop, at its own pace, for as long as it is listened to. */
async function pushClip(clip: string, url: string, signal: AbortSignal): Promise<void> {
  await using guard = new ProcessGuard();
  const pace = await clockPace();
  while (!signal.aborted) {
    const ffmpeg = new Deno.Command("ffmpeg", {
      args: [
        ...["-v", "quiet", "-nostdin", ...pace, "-stream_loop", "-1", "-i", clip],
        ...["-c", "copy", "-f", "rtsp", "-rtsp_transport", "tcp", url],
      ],
      stdin: "null",
      stdout: "null",
      stderr: "null",
      signal,
    }).spawn();
    guard.add(ffmpeg.pid);
    await ffmpeg.status;
    guard.remove(ffmpeg.pid);
    await pause(retryMs, signal);
  }
}

/** A port that was free a moment ago. */
function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}
