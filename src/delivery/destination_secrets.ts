/** What may be said nowhere of a destination, and the password that it is given. */

import { SecretMask } from "../log/secret_mask.ts";
import { type DestinationConfig, kindOf } from "./destination_config.ts";

/** Takes the secrets of a destination out of a text. */
export function maskOf(config: DestinationConfig): (text: string) => string {
  const mask = new SecretMask([config.url]);
  const secrets = kindOf(config).secrets?.(config.url, config.settings as never) ?? [];
  return (text) =>
    secrets.reduce((text, secret) => text.replaceAll(secret, "***"), mask.mask(text));
}

/** Read anew each time: it may be changed while Sightline runs. Null when there is none. */
export async function readPassword(
  { passwordFile, url }: DestinationConfig,
): Promise<string | null> {
  if (passwordFile !== null) return (await Deno.readTextFile(passwordFile)).replace(/\r?\n$/, "");
  const password = URL.canParse(url) ? new URL(url).password : "";
  return password === "" ? null : decodeURIComponent(password);
}
