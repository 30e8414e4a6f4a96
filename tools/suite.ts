/**
 * Runs `deno task test`, then what it says of cameras again with other versions of ffmpeg, then says
 * what was ignored on this machine and what failed, and closes with one line that a machine can read:
 * `N passed, N failed, N skipped`.
 */
import { ffmpegTests, type OtherFfmpeg, otherFfmpegs } from "./ffmpegs.ts";
import { readTestReport, type TestReport } from "./test_report.ts";

const reports = [await runTests(["task", "--quiet", "test", ...Deno.args])];
// With chosen tests, only these run.
const others = Deno.args.length === 0 ? await otherFfmpegs() : [];
// Side by side: these tests wait for cameras most of the time.
reports.push(...await Promise.all(others.map(runWith)));

const passed = sum(reports.map((report) => report.passed));
const failed = reports.flatMap((report) => report.failed);
const ignored = reports.flatMap((report) => report.ignored);
await print([
  "",
  ...ignored.map((name) => `ignored here: ${name}`),
  ...failed.map((name) => `failed: ${name}`),
  `${passed} passed, ${failed.length} failed, ${ignored.length} skipped`,
]);
Deno.exit(failed.length > 0 ? 1 : 0);

async function runWith({ version, folder }: OtherFfmpeg): Promise<TestReport> {
  if (folder === null) {
    const ignored = [`ffmpeg ${version}: source, stream, live view and demo (it is missing)`];
    return { passed: 0, failed: [], ignored };
  }
  const args = ["test", "-A", "--no-check", "--trace-leaks", ...ffmpegTests];
  const { passed, ...named } = await runTests(args, { version, folder });
  const withVersion = (name: string) => `ffmpeg ${version}: ${name}`;
  return {
    passed,
    failed: named.failed.map(withVersion),
    ignored: named.ignored.map(withVersion),
  };
}

/** With another ffmpeg, what is said is held back until all of it can be shown together. */
async function runTests(
  args: readonly string[],
  other?: { readonly version: string; readonly folder: string },
): Promise<TestReport> {
  const reportPath = await Deno.makeTempFile({ suffix: ".xml" });
  const command = { args: [...args, `--junit-path=${reportPath}`], stdin: "null" as const };
  let code: number;
  if (other === undefined) {
    ({ code } = await new Deno.Command(Deno.execPath(), command)
      .spawn().status);
  } else {
    const env = { PATH: `${other.folder}:${Deno.env.get("PATH") ?? ""}` };
    const run = new Deno.Command(Deno.execPath(), { ...command, env });
    const result = await run.output();
    code = result.code;
    const decoder = new TextDecoder();
    const said = decoder.decode(result.stdout) + decoder.decode(result.stderr);
    await print(["", `With ffmpeg ${other.version}:`, said]);
  }
  const report = readTestReport(await Deno.readTextFile(reportPath));
  await Deno.remove(reportPath);
  // A suite that does not compile, or dies, leaves an empty report: that is a failure too.
  if (code === 0 || report.failed.length > 0) return report;
  return { ...report, failed: [`the run itself, with exit code ${code}`] };
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

async function print(lines: readonly string[]): Promise<void> {
  await Deno.stdout.write(new TextEncoder().encode(lines.map((line) => `${line}\n`).join("")));
}
