/** Files of passwords and certificates, which are read anew each time: they may be exchanged meanwhile. */

import { systemMessage } from "../log/system_message.ts";
import { DeliveryError } from "./destination.ts";

/** @throws {DeliveryError} `unavailable`, as the file may be there the next time */
export async function readFile(path: string): Promise<string> {
  try {
    return await Deno.readTextFile(path);
  } catch (cause) {
    throw new DeliveryError("unavailable", `cannot read ${path}: ${systemMessage(cause)}`, {
      cause,
    });
  }
}
