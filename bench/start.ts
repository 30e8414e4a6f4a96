/** Starts the processes of a measurement: Sightline, the instant model server, and ffmpeg alone. */

import { fileURLToPath } from "node:url";
import { Child, startListening } from "./child.ts";

const mainPath = fileURLToPath(new URL("../main.ts", import.meta.url));
const instantServerPath = fileURLToPath(new URL("instant_server.ts", import.meta.url));

/** Starts `main.ts run` as a user would; `onLine` is given what it prints on standard output. */
export function startSightline(
  flags: readonly string[],
  onLine: (line: string) => void = () => {},
): Child {
  // Warnings only: a log line for every hundred frames belongs to a terminal, not to a measurement.
  const args = ["run", "-A", "--quiet", mainPath, "run", "--log_level", "WARNING", ...flags];
  return new Child(Deno.execPath(), args, onLine);
}

/**
 * Starts the model server that answers at once, in a process of its own, and waits until it listens;
 * `onLine` is given what else it prints.
 */
export function startInstantServer(
  flags: readonly string[] = [],
  onLine?: (line: string) => void,
): Promise<{ readonly child: Child; readonly port: number }> {
  const args = ["run", "-A", "--quiet", instantServerPath, ...flags];
  return startListening(Deno.execPath(), args, onLine);
}

/** Starts ffmpeg doing nothing but decode and scale a camera's stream, its output thrown away. */
export function startFfmpeg(url: string, size: string, pixelFormat: string | null): Child {
  const format = pixelFormat === null ? [] : ["-pix_fmt", pixelFormat];
  return new Child("ffmpeg", [
    ...["-hide_banner", "-loglevel", "error", "-nostdin", "-rtsp_transport", "tcp", "-i", url],
    ...["-an", "-vf", `scale=${size}`, ...format, "-f", "rawvideo", "-y", "/dev/null"],
  ], () => {});
}
