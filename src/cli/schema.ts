/** `schema`: the JSON Schema of a configuration file. */

import { configSchema } from "../config/file/json_schema.ts";
import { print } from "./print.ts";

/** Prints it, for editors that have no copy at hand. */
export async function schema(): Promise<number> {
  await print(JSON.stringify(configSchema(), null, 2));
  return 0;
}
