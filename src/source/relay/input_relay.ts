/** A local proxy between ffmpeg and a camera, for TLS and for secrets in its URL. */

import type { CameraTlsConfig } from "../settings.ts";
import { type Address, isHttps, isRtsps } from "../address.ts";
import { HttpRelay } from "./http_relay.ts";
import { isSecret } from "./input_list.ts";
import type { InputRelay } from "./local_relay.ts";
import { TlsRelay } from "./tls_relay.ts";

/**
 * Null where ffmpeg reaches the camera by itself. `pollMs`: it asks for one picture after the other,
 * and is held back so that requests are so far apart; null = it is not.
 * @throws {SourceError} when the file with the authorities cannot be read
 */
export async function openInputRelay(
  address: Address,
  tls: CameraTlsConfig,
  pollMs: number | null,
): Promise<InputRelay | null> {
  if (isRtsps(address)) return await TlsRelay.open(address, tls);
  const { kind, url } = address;
  if (kind !== "http" || !(pollMs !== null || isHttps(address) || isSecret(url))) return null;
  return await HttpRelay.open(address, tls, pollMs);
}
