/** onnxruntime-node's native libraries in Deno's cache. */

import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** The folders with the libraries of one platform each, such as `…/bin/napi-v6/linux/x64`. */
export async function nativeLibraries(): Promise<string[]> {
  const entry = fileURLToPath(import.meta.resolve("onnxruntime-node"));
  const bin = join(dirname(entry), "..", "bin");
  const folders: string[] = [];
  for (const api of await names(bin)) {
    for (const os of await names(join(bin, api))) {
      for (const cpu of await names(join(bin, api, os))) folders.push(join(bin, api, os, cpu));
    }
  }
  return folders.toSorted();
}

async function names(folder: string): Promise<string[]> {
  return (await Array.fromAsync(Deno.readDir(folder))).map(({ name }) => name);
}
