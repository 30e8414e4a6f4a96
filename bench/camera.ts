import { fileURLToPath } from "node:url";
import { type Child, startListening } from "./child.ts";
import { CLIP_FRAMES, CLIPS, type ClipShape, ensureClip } from "./clip.ts";

const SERVER = fileURLToPath(new URL("../tests/support/rtsp_server.py", import.meta.url));

/** An RTSP camera that shows a numbered clip in a loop, in a process of its own. */
export interface Camera extends AsyncDisposable {
  readonly url: string;
  /** When the frame of this number in the clip was last pushed; undefined before. */
  pushedAtMs(frame: number): number | undefined;
}

/** Starts the camera; it sends from its first viewer on. */
export async function startCamera(shape: ClipShape): Promise<Camera> {
  const clip = await ensureClip(CLIPS, shape);
  const pushes = new Map<number, number>();
  const { child, port }: { child: Child; port: number } = await startListening(
    // Debian's own Python, which is the one that has its GObject bindings.
    "/usr/bin/python3",
    [SERVER, "--pushes", `cam=${clip}`],
    function notePush(line) {
      const [, , index, seconds] = line.split(" ");
      pushes.set(Number(index) % CLIP_FRAMES, Number(seconds) * 1000);
    },
  );
  return {
    url: `rtsp://127.0.0.1:${port}/cam`,
    pushedAtMs: (frame) => pushes.get(frame),
    [Symbol.asyncDispose]: () => child[Symbol.asyncDispose](),
  };
}
