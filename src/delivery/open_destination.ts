/** A destination opened with its password, and checked without an event; what it says names no secret. */

import type { SecretMask } from "../log/secret_mask.ts";
import type { Destination, DestinationContext } from "./destination.ts";
import { credentialsOf } from "./kinds/broker_url.ts";
import { type DestinationConfig, kindOf } from "./destination_config.ts";
import { networkMessage } from "./network_message.ts";
import { readFile } from "./read_file.ts";

/** Opens it; each secret of it is in `secrets` before it is used. @throws {Error} for what no waiting mends */
export async function openDestination(
  config: DestinationConfig,
  secrets: SecretMask,
  context: Omit<DestinationContext, "name" | "password" | "readSecret">,
): Promise<Destination> {
  const { name, url, settings, passwordFile } = config;
  secrets.add({ urls: [url] });
  const readSecret = async (path: string) => {
    const text = (await readFile(path)).replace(/\r?\n$/, "");
    const lines = text.split("\n").map((line) => line.trim());
    secrets.add({ words: lines.flatMap((line) => [line, line.replace(/^(bearer|basic) +/i, "")]) });
    return text;
  };
  return await kindOf(config).open(url, settings as never, {
    ...context,
    name,
    password: async () =>
      passwordFile === null ? credentialsOf(url).password : await readSecret(passwordFile),
    readSecret,
  });
}

/** Resolves to what was found. @throws {Error} why it was not reached, without secrets */
export async function checkDestination(
  config: DestinationConfig,
  secrets: SecretMask,
  context: Pick<DestinationContext, "logger" | "publicUrl" | "signal">,
): Promise<string> {
  try {
    const whole = { ...context, streams: [], events: null };
    await using destination = await openDestination(config, secrets, whole);
    return secrets.mask(await destination.check(context.signal));
  } catch (cause) {
    throw new Error(secrets.mask(networkMessage(cause)), { cause });
  }
}
