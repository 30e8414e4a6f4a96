/** Probes the port of a camera that refused, before an ffmpeg is started for it. */

import { type Address, hostAndPort } from "./address.ts";

/** Of URLs that have none. */
const defaultPorts: Readonly<Record<string, number>> = {
  rtsp: 554,
  rtsps: 322,
  http: 80,
  https: 443,
};

/** Milliseconds; what takes longer is for ffmpeg to find out. */
const patienceMs = 1000;

/**
 * True when the camera's port refuses. An ffmpeg costs 50 ms of CPU to say the same, which
 * is half a core for 200 cameras that are off.
 */
export async function isRefused({ kind, url }: Address): Promise<boolean> {
  const [scheme = ""] = url.split(":", 1);
  const defaultPort = defaultPorts[scheme];
  if ((kind !== "rtsp" && kind !== "http") || defaultPort === undefined) return false;
  const address = hostAndPort(url, defaultPort);
  if (address === null) return false;
  const { hostname, port } = address;
  // Sightline may have been started with fewer permissions, as only ffmpeg need reach the camera.
  const { state } = await Deno.permissions.query({ name: "net", host: `${hostname}:${port}` });
  if (state !== "granted") return false;
  try {
    const signal = AbortSignal.timeout(patienceMs);
    (await Deno.connect({ hostname, port, signal })).close();
    return false;
  } catch (error) {
    return error instanceof Deno.errors.ConnectionRefused;
  }
}
