/**
 * Runs `deno task test`, then what it says of cameras again with other versions of ffmpeg, then says
 * what was ignored on this machine and closes with one line that a machine can read:
 * `N passed, N failed, N skipped`.
 */
import { ffmpegTests, otherFfmpegs } from "./ffmpegs.ts";
import { readTestReport, type TestReport } from "./test_report.ts";

const reports = [await runTests(["task", "--quiet", "test", ...Deno.args])];
// Whoever chose tests wants these and no others.
for (const { version, folder } of Deno.args.length === 0 ? await otherFfmpegs() : []) {
  if (folder === null) {
    const ignored = [`ffmpeg ${version}: source, stream, live view and demo (it is missing)`];
    reports.push({ passed: 0, failed: 0, ignored });
    continue;
  }
  await say(["", `With ffmpeg ${version}:`]);
  const args = ["test", "-A", "--no-check", "--trace-leaks", ...ffmpegTests];
  const { ignored, ...counts } = await runTests(args, folder);
  reports.push({ ...counts, ignored: ignored.map((name) => `ffmpeg ${version}: ${name}`) });
}

const passed = sum(reports.map((report) => report.passed));
const failed = sum(reports.map((report) => report.failed));
const ignored = reports.flatMap((report) => report.ignored);
await say([
  "",
  ...ignored.map((name) => `ignored here: ${name}`),
  `${passed} passed, ${failed} failed, ${ignored.length} skipped`,
]);
Deno.exit(failed > 0 ? 1 : 0);

/** `folder` has the ffmpeg that is to be used. */
async function runTests(args: readonly string[], folder?: string): Promise<TestReport> {
  const reportPath = await Deno.makeTempFile({ suffix: ".xml" });
  const path = Deno.env.get("PATH") ?? "";
  const { code } = await new Deno.Command(Deno.execPath(), {
    args: [...args, `--junit-path=${reportPath}`],
    stdin: "null",
    ...(folder === undefined ? {} : { env: { PATH: `${folder}:${path}` } }),
  }).spawn().status;
  const report = readTestReport(await Deno.readTextFile(reportPath));
  await Deno.remove(reportPath);
  // A suite that does not compile, or dies, leaves an empty report: that is a failure too.
  return code !== 0 && report.failed === 0 ? { ...report, failed: 1 } : report;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

async function say(lines: readonly string[]): Promise<void> {
  await Deno.stdout.write(new TextEncoder().encode(lines.map((line) => `${line}\n`).join("")));
}
