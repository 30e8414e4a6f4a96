/** `types`: prints the contract between Sightline and a plugin, for authors who keep a copy. */

import { readAssetText } from "../assets.ts";
import { print } from "./print.ts";

/** Prints one TypeScript module without imports; resolves to the exit code. */
export async function types(_args: string[], _signal: AbortSignal): Promise<number> {
  await print(await readAssetText("src/contract.ts"));
  return 0;
}
