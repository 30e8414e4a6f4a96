import { fileURLToPath } from "node:url";
import { startListening } from "./child.ts";
import { clipFrames, clipsFolder, type ClipShape, ensureClip } from "./clip.ts";

const serverPath = fileURLToPath(new URL("../tests/support/rtsp_server.py", import.meta.url));

/** RTSP cameras that show a numbered clip in a loop, in a process of their own. */
export interface PushingCameras extends AsyncDisposable {
  url(camera: number): string;
  /** When this camera last pushed the frame of this number in the clip; undefined before. */
  pushedAtMs(camera: number, frame: number): number | undefined;
}

/** Starts cameras that tell of every frame they push; each sends from its first viewer on. */
export async function startPushingCameras(
  shape: ClipShape,
  count: number,
): Promise<PushingCameras> {
  const clip = await ensureClip(clipsFolder, shape);
  const pushes = Array.from({ length: count }, () => new Map<number, number>());
  const { child, port } = await startListening(
    // Debian's own Python, which is the one that has its GObject bindings.
    "/usr/bin/python3",
    [serverPath, "--pushes", ...pushes.map((_, camera) => `cam${camera}=${clip}`)],
    function notePush(line) {
      const [, name, index, seconds] = line.split(" ");
      const camera = Number(name?.slice("cam".length));
      pushes[camera]?.set(Number(index) % clipFrames, Number(seconds) * 1000);
    },
  );
  return {
    url: (camera) => `rtsp://127.0.0.1:${port}/cam${camera}`,
    pushedAtMs: (camera, frame) => pushes[camera]?.get(frame),
    [Symbol.asyncDispose]: () => child[Symbol.asyncDispose](),
  };
}
