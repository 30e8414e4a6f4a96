/** What reading a camera touches. */

import { resolve } from "node:path";
import type { Needs } from "../settings/needs.ts";
import { isRemote } from "../settings/paths.ts";
import { hostAndPort, isHttps, isRtsps, parseAddress } from "./address.ts";
import { pictureFolderName } from "./picture/full_pictures.ts";
import { pictureSocketName } from "./picture/picture_feed.ts";
import { isSecret } from "./relay/input_list.ts";
import { motionSocketName } from "./picture/motion_feed.ts";
import { frameSocketName } from "./run_channels.ts";
import type { SourceConfig } from "./settings.ts";
import { tapSocketName } from "./tap_socket.ts";
import { portOfRtsps } from "./relay/tls_relay.ts";

/** A stream's use of its camera. */
interface CameraUse {
  readonly name: string;
  readonly camera: string;
  readonly source: SourceConfig;
  /** Its packets are taken as they come. */
  readonly tapped: boolean;
  /** Pictures of full size are taken. */
  readonly full: boolean;
  /** All pictures are taken, to be drawn into. */
  readonly drawn: boolean;
}

/** Adds the permissions that it takes. */
export function sourceNeeds(
  { name, camera, source, tapped, full, drawn }: CameraUse,
  needs: Needs,
): void {
  const { url, tls, motion } = source;
  needs.add("run", "ffmpeg", "sh");
  if (!isRemote(url)) needs.add("read", resolve(url));
  needs.socket(frameSocketName(name, url));
  if (motion !== null) needs.socket(motionSocketName(camera, url));
  if (tapped) needs.socket(tapSocketName(camera, url));
  if (drawn) needs.socket(pictureSocketName(camera, url));
  if (full) needs.socket(pictureFolderName(camera, url));
  // TLS to a camera is ended by us, behind a port of our own; so are secrets for HTTP kept.
  const address = parseAddress(url);
  if (address.kind === "http" && isSecret(address.url)) needs.add("net", "127.0.0.1");
  if (!isRtsps(address) && !isHttps(address)) return;
  const far = hostAndPort(address.url, isHttps(address) ? 443 : portOfRtsps);
  if (far === null) return;
  const { hostname, port } = far;
  needs.add("net", `${hostname.includes(":") ? `[${hostname}]` : hostname}:${port}`, "127.0.0.1");
  if (tls.caFile !== null) needs.add("read", resolve(tls.caFile));
}
