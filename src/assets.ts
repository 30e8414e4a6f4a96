/** The one way to files that ship with Sightline: protocol definitions, web pages, plugins. */

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
