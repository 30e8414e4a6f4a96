/** Commands that only print a text: `version`, `types` and `schema`. */

import project from "../../deno.json" with { type: "json" };
import { readAssetText } from "../assets.ts";
import { print } from "./print.ts";

/** Name and version; resolves to the exit code. */
export async function version(): Promise<number> {
  await print(`sightline ${project.version}`);
  return 0;
}

/** The contract between Sightline and a plugin, as one module, for authors who keep a copy. */
export async function types(): Promise<number> {
  await print(await readAssetText("src/contract.ts"));
  return 0;
}

/** The JSON Schema of a configuration file, for editors that have no copy at hand. */
export async function schema(): Promise<number> {
  const { configSchema } = await import("../config/file/json_schema.ts");
  await print(JSON.stringify(configSchema(), null, 2));
  return 0;
}
