/** A local proxy between ffmpeg and a camera, for TLS and for secrets in its URL. */

import type { CameraTlsConfig } from "../settings.ts";
import { type Address, isRtsps } from "../address.ts";
import { HttpRelay } from "./http_relay.ts";
import { isSecret } from "./input_list.ts";
import type { SourceError } from "../source.ts";
import { TlsRelay } from "./tls_relay.ts";

/** A way to a camera. */
export interface InputRelay extends AsyncDisposable {
  /** What ffmpeg is to read. */
  readonly url: string;
  /** Variables of ffmpeg's environment, which only our user may read. */
  readonly env: Readonly<Record<string, string>>;
  /** Why the camera could not be reached, if it could not. */
  readonly failure: SourceError | null;
}

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

/** Whether the camera is reached by HTTP over TLS. */
export function isHttps({ url }: Address): boolean {
  return url.startsWith("https://");
}
