/** A copy of the checkout, as it is in the working tree, that may be changed at will. */

/**
 * Copies what git tracks, and what it does not ignore, into a new folder beside the other temporary
 * ones; files that have another text, by path, with that.
 */
export async function copyCheckout(texts: ReadonlyMap<string, string>): Promise<string> {
  const folder = await Deno.makeTempDir({ prefix: "sightline_mutation_" });
  const { stdout } = await new Deno.Command("git", {
    args: ["ls-files", "-z", "--cached", "--others", "--exclude-standard"],
  }).output();
  for (const path of new TextDecoder().decode(stdout).split("\0")) {
    if (path === "") continue;
    await Deno.mkdir(`${folder}/${path.slice(0, path.lastIndexOf("/") + 1)}`, { recursive: true });
    // A file that was deleted and not yet committed is listed all the same.
    await Deno.copyFile(path, `${folder}/${path}`).catch(ignoreMissing);
  }
  for (const [path, text] of texts) await Deno.writeTextFile(`${folder}/${path}`, text);
  return folder;
}

function ignoreMissing(error: unknown): void {
  if (!(error instanceof Deno.errors.NotFound)) throw error;
}
