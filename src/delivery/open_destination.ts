/** A destination opened with its password, and checked without an event; what it says names no secret. */

import { SecretMask } from "../log/secret_mask.ts";
import type { Destination, DestinationContext } from "./destination.ts";
import { credentialsOf } from "./kinds/broker_url.ts";
import { type DestinationConfig, kindOf } from "./destination_config.ts";

/** Opens it. @throws {Error} for what no waiting mends; its message may name secrets */
export async function openDestination(
  config: DestinationConfig,
  context: Omit<DestinationContext, "name" | "password">,
): Promise<Destination> {
  const { name, url, settings } = config;
  return await kindOf(config).open(url, settings as never, {
    ...context,
    name,
    password: () => readPassword(config),
  });
}

/** Resolves to what was found. @throws {Error} why it was not reached, without secrets */
export async function checkDestination(
  config: DestinationConfig,
  context: Pick<DestinationContext, "logger" | "publicUrl" | "signal">,
): Promise<string> {
  const mask = maskOf(config);
  try {
    const whole = { ...context, streams: [], events: null };
    await using destination = await openDestination(config, whole);
    return mask(await destination.check(context.signal));
  } catch (cause) {
    const words = cause instanceof Error ? cause.message : String(cause);
    throw new Error(mask(words), { cause });
  }
}

/** Takes the secrets of a destination out of a text. */
export function maskOf(config: DestinationConfig): (text: string) => string {
  const mask = new SecretMask([config.url]);
  const secrets = kindOf(config).secrets?.(config.url, config.settings as never) ?? [];
  return (text) =>
    secrets.reduce((text, secret) => text.replaceAll(secret, "***"), mask.mask(text));
}

/** Read anew each time: it may be changed while Sightline runs. Null when there is none. */
async function readPassword({ passwordFile, url }: DestinationConfig): Promise<string | null> {
  if (passwordFile !== null) return (await Deno.readTextFile(passwordFile)).replace(/\r?\n$/, "");
  return credentialsOf(url).password;
}
