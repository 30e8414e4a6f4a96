/** All files of tests, by what they need around them. */

/** Paths from the root of the repository. */
export interface TestFiles {
  /** Those that start no other program. */
  readonly units: readonly string[];
  /** Those that measure time, or take all cores: nothing else is to run meanwhile. */
  readonly alone: readonly string[];
  /** All others: they wait for programs most of the time. */
  readonly others: readonly string[];
}

const aloneNames = [
  ...["arm64", "full_picture_room", "image_entrypoint", "inference_recovery", "lifetime_ending"],
  ...["many_cameras", "model_server_abuse", "soak", "stream_latency", "stream_overload"],
].map((name) => `tests/${name}_test.ts`);

/** Finds them, without those that Git is told to ignore. */
export async function testFiles(): Promise<TestFiles> {
  const args = ["ls-files", "--cached", "--others", "--exclude-standard", "*_test.ts"];
  const { stdout } = await new Deno.Command("git", { args }).output();
  const files = new TextDecoder().decode(stdout).trim().split("\n");
  const units: string[] = [];
  for (const file of files) {
    if (!file.startsWith("tests/") && !await startsPrograms(file, new Set())) units.push(file);
  }
  const known = new Set([...units, ...aloneNames]);
  return {
    units,
    alone: files.filter((file) => aloneNames.includes(file)),
    others: files.filter((file) => !known.has(file)),
  };
}

/** Whether a test does so, or what supports it; what is tested does not count. */
async function startsPrograms(path: string, seen: Set<string>): Promise<boolean> {
  if (seen.has(path)) return false;
  seen.add(path);
  const text = await Deno.readTextFile(path);
  if (/\bDeno\.(Command|execPath)\b|\bSharedDecode\b|\bPluginPool\b|conformance/.test(text)) {
    return true;
  }
  for (const [, imported = ""] of text.matchAll(/ from "(\.[^"]*)"/g)) {
    const at = new URL(imported, `file:///${path}`).pathname.slice(1);
    if (/^tests\/|_test\.ts$/.test(at) && await startsPrograms(at, seen)) return true;
  }
  return false;
}
