/** GStreamer's RTSP server as a camera. */

import type { Clip } from "./clips.ts";

const script = new URL("rtsp_server.py", import.meta.url).pathname;
const recorderScript = new URL("rtsp_recorder.py", import.meta.url).pathname;
/** The system's Python, which sees the system's GStreamer bindings. */
const python = "/usr/bin/python3";

/** Settings of the camera. */
export interface RtspServerOptions {
  /** Clips by the path they are served at. */
  readonly clips: Readonly<Record<string, Clip>>;
  /** @default {0} a free port */
  readonly port?: number;
  readonly user?: string;
  readonly password?: string;
  readonly digest?: boolean;
  /** A tone, as G.711; of which cameras that are muted send nothing. @default {false} */
  readonly sound?: boolean | "announced";
}

/** A running camera. */
export interface RtspServer extends AsyncDisposable {
  readonly port: number;
  readonly pid: number;
  /** `rtsp://127.0.0.1:PORT/PATH` */
  url(path: string): string;
  /** Freezes it: connections stay, nothing moves. */
  freeze(): void;
  thaw(): void;
  /** Ends it at once, as a power cut does. */
  kill(): Promise<void>;
}

/** Whether GStreamer's RTSP server and its Python bindings are installed. */
export const rtspServerMissing: boolean = await isMissing();

/** Added to the names of tests that need it. */
export const rtspReason: string = rtspServerMissing
  ? " (ignored: needs python3-gi and gir1.2-gst-rtsp-server-1.0)"
  : "";

async function isMissing(): Promise<boolean> {
  const code =
    "import gi; gi.require_version('GstRtspServer', '1.0'); from gi.repository import GstRtspServer";
  try {
    const { success } = await new Deno.Command(python, { args: ["-c", code], stderr: "null" })
      .output();
    return !success;
  } catch {
    return true;
  }
}

/** Starts a camera, and resolves when it listens. */
export async function startRtspServer(options: RtspServerOptions): Promise<RtspServer> {
  const { clips, port = 0, user, password, digest = false, sound = false } = options;
  const child = new Deno.Command(python, {
    args: [
      script,
      ...["--port", String(port)],
      ...(user === undefined ? [] : ["--user", user]),
      ...(password === undefined ? [] : [`--password=${password}`]),
      ...(digest ? ["--digest"] : []),
      ...(sound ? ["--sound", sound === true ? "sent" : sound] : []),
      ...Object.entries(clips).map(([path, clip]) => `${path}=${clip.elementary}`),
    ],
    stdin: "null",
    stdout: "piped",
    stderr: "null",
  }).spawn();
  const bound = await readPort(child.stdout);
  let ended = false;
  const status = child.status.then(() => ended = true);
  const signal = (name: Deno.Signal) => {
    if (!ended) child.kill(name);
  };
  const kill = async () => {
    signal("SIGKILL");
    await status;
  };
  return {
    port: bound,
    pid: child.pid,
    url: (path) => `rtsp://127.0.0.1:${bound}/${path}`,
    freeze: () => signal("SIGSTOP"),
    thaw: () => signal("SIGCONT"),
    kill,
    [Symbol.asyncDispose]: kill,
  };
}

/**
 * Starts a server that takes what is pushed to `rtsp://127.0.0.1:PORT/live`, and writes its pictures to
 * a file as they are decoded, RGB.
 */
export async function startRtspRecorder(
  { width, height }: { readonly width: number; readonly height: number },
  path: string,
): Promise<{ readonly url: string } & AsyncDisposable> {
  const child = new Deno.Command(python, {
    args: [recorderScript, String(width), String(height), path],
    ...{ stdin: "null", stdout: "piped", stderr: "null" },
  }).spawn();
  const port = await readPort(child.stdout);
  return {
    url: `rtsp://127.0.0.1:${port}/live`,
    async [Symbol.asyncDispose]() {
      child.kill("SIGKILL");
      await child.status;
    },
  };
}

async function readPort(stdout: ReadableStream<Uint8Array>): Promise<number> {
  let text = "";
  for await (
    const piece of stdout.pipeThrough(
      new TextDecoderStream() as ReadableWritablePair<string, Uint8Array>,
    )
  ) {
    text += piece;
    // With its newline, which Python may write apart: whoever stops reading before kills it.
    const port = /^port (\d+)\n/m.exec(text)?.[1];
    if (port !== undefined) return Number(port);
  }
  throw new Error("Cannot start the RTSP server: it said nothing");
}
