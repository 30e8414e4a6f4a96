/** `version`: prints it. */

import project from "../../deno.json" with { type: "json" };
import { print } from "./print.ts";

/** Prints name and version; resolves to the exit code. */
export async function version(): Promise<number> {
  await print(`sightline ${project.version}`);
  return 0;
}
