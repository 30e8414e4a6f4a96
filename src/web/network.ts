/** Addresses and networks of other machines, as they are set. */

import { isIP } from "node:net";
import { SettingError } from "../settings/setting.ts";

/** An address, or a network such as `10.0.0.0/8`. */
export interface Network {
  readonly address: string;
  readonly bits: number | null;
}

/** @throws {SettingError} when it is neither */
export function parseNetwork(text: string): Network {
  const [, address = "", bits] = /^([^/]+)(?:\/(\d{1,3}))?$/.exec(text) ?? [];
  const version = isIP(address);
  const most = version === 6 ? 128 : 32;
  if (version === 0 || Number(bits ?? 0) > most) throw new SettingError();
  return { address, bits: bits === undefined ? null : Number(bits) };
}
