/** Whether a destination can be reached, without an event. */

import type { DestinationContext } from "./destination.ts";
import { type DestinationConfig, kindOf } from "./destination_config.ts";
import { maskOf, readPassword } from "./destination_secrets.ts";

/** Resolves to what was found. @throws {Error} why it was not reached, without secrets */
export async function checkDestination(
  config: DestinationConfig,
  given: Pick<DestinationContext, "logger" | "publicUrl" | "signal">,
): Promise<string> {
  const { name, url, settings } = config;
  const mask = maskOf(config);
  try {
    await using destination = await kindOf(config).open(url, settings as never, {
      ...given,
      name,
      streams: [],
      events: null,
      password: () => readPassword(config),
    });
    return mask(await destination.check(given.signal));
  } catch (cause) {
    const words = cause instanceof Error ? cause.message : String(cause);
    throw new Error(mask(words), { cause });
  }
}
