/**
 * Runs the tests that start no other program: no ffmpeg, no browser, no server, no plugin's process.
 * The conformance suites of the model clients are left out too. What is left takes seconds. Arguments go on to `deno test`.
 */
const { stdout } = await new Deno.Command("git", {
  args: ["ls-files", "src/*_test.ts", "plugins/*_test.ts", "tools/*_test.ts", "bench/*_test.ts"],
}).output();
const tests = new TextDecoder().decode(stdout).trim().split("\n");
const chosen: string[] = [];
for (const test of tests) if (!await startsPrograms(test, new Set())) chosen.push(test);

const { code } = await new Deno.Command(Deno.execPath(), {
  args: ["test", "-A", "--no-check", "--trace-leaks", "--parallel", ...Deno.args, ...chosen],
  stdin: "null",
}).spawn().status;
Deno.exit(code);

/** Whether a test does so, or what supports it; what is tested does not count. */
async function startsPrograms(path: string, seen: Set<string>): Promise<boolean> {
  if (seen.has(path)) return false;
  seen.add(path);
  const text = await Deno.readTextFile(path);
  if (/\bDeno\.(Command|execPath)\b|\bSharedDecode\b|conformance/.test(text)) return true;
  for (const [, imported = ""] of text.matchAll(/ from "(\.[^"]*)"/g)) {
    const at = new URL(imported, `file:///${path}`).pathname.slice(1);
    if (/^tests\/|_test\.ts$/.test(at) && await startsPrograms(at, seen)) return true;
  }
  return false;
}
