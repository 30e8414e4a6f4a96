/** A directory with files, for as long as a test takes. */

import { dirname, join } from "node:path";

/** Calls `use` with the directory's path; `files` are contents by path within it. */
export async function withFiles(
  files: Readonly<Record<string, string | Uint8Array>>,
  use: (directory: string) => Promise<void>,
): Promise<void> {
  const directory = await Deno.makeTempDir({ prefix: "sightline-test-" });
  try {
    for (const [name, content] of Object.entries(files)) {
      const path = join(directory, name);
      await Deno.mkdir(dirname(path), { recursive: true });
      await Deno.writeFile(
        path,
        typeof content === "string" ? new TextEncoder().encode(content) : content,
      );
    }
    await use(directory);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}
