/** The one way to files that ship with Sightline: protocol definitions, web pages, plugins. */

import { basename, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

// Relative to this module, so that the same path serves a checkout, a compiled binary (whose
// embedded files stand beside the modules) and `deno run https://…`.
const root = new URL("../", import.meta.url);

/** URL of a shipped file; `path` is relative to the root of the repository, such as `protos/kserve.proto`. */
export function assetUrl(path: string): URL {
  const url = new URL(path, root);
  if (!url.href.startsWith(root.href)) {
    throw new RangeError(`Cannot locate ${path}: it lies outside of Sightline's own files`);
  }
  return url;
}

const shippedPlugins = assetUrl("plugins/").href;

/** Whether a plugin, given as a path or a URL, is one of those that ship with Sightline. */
export function isShippedPlugin(module: string): boolean {
  const url = /^(https?|file):/i.test(module) ? URL.parse(module) : pathToFileURL(module);
  return url?.href.startsWith(shippedPlugins) ?? false;
}

/** Bytes of a shipped file. */
export async function readAsset(path: string): Promise<Uint8Array<ArrayBuffer>> {
  const url = assetUrl(path);
  try {
    if (url.protocol === "file:") return await Deno.readFile(url);
    const response = await fetch(url);
    if (!response.ok) {
      await response.body?.cancel();
      throw new Error(`${url.origin} answered ${response.status}`);
    }
    return await response.bytes();
  } catch (cause) {
    throw new Error(`Cannot read Sightline's own file ${path}: ${(cause as Error).message}`, {
      cause,
    });
  }
}

/** Text of a shipped UTF-8 file. */
export async function readAssetText(path: string): Promise<string> {
  return new TextDecoder("utf-8", { fatal: true }).decode(await readAsset(path));
}

/** A shipped file that other programs can open. */
export interface AssetFile extends AsyncDisposable {
  readonly path: string;
}

/**
 * A shipped file by a path on disk. From the web, and in a compiled binary, whose files other
 * programs may not see, it is a copy that lasts until it is disposed of.
 */
export async function assetFile(path: string): Promise<AssetFile> {
  const url = assetUrl(path);
  if (url.protocol === "file:" && !Deno.build.standalone) {
    return { path: fileURLToPath(url), [Symbol.asyncDispose]: () => Promise.resolve() };
  }
  const bytes = await readAsset(path);
  const folder = await Deno.makeTempDir({ prefix: "sightline_" });
  const copy = join(folder, basename(path));
  await Deno.writeFile(copy, bytes);
  return {
    path: copy,
    [Symbol.asyncDispose]: () => Deno.remove(folder, { recursive: true }),
  };
}
