/**
 * Runs the whole suite, then says what was ignored on this machine and what failed, and closes with
 * one line that a machine can read: `N passed, N failed, N skipped`. With arguments it is
 * `deno task test` that runs, with these.
 *
 * Two cores are enough, and are kept busy: what starts no program runs in parallel; of the rest, and
 * of what is said of cameras with further versions of ffmpeg, two groups of files run at a time; what
 * measures time runs by itself. So does once more, and then it counts, what failed beside others.
 */
import { ffmpegTests, otherFfmpegs } from "./ffmpegs.ts";
import { testFiles } from "./test_files.ts";
import { readTestReports, type TestReport } from "./test_report.ts";

/** Files that run in one process. */
interface Group {
  readonly files: readonly string[];
  /** Another version of ffmpeg, by its folder. @default {the machine's own} */
  readonly ffmpeg?: { readonly version: string; readonly folder: string };
  /** One for each core at a time. @default {false} */
  readonly isParallel?: boolean;
  /** What is said is held back until all of it can be shown together. @default {false} */
  readonly isHeldBack?: boolean;
}

const filesOfGroup = 8;
const lanes = 2;
/** Where code and tests are, as in the task. */
const rooms = ["src", "plugins", "tests", "bench", "tools"];
const testing = ["test", "-A", "--no-check", "--trace-leaks"];

const reports = Deno.args.length === 0
  ? await runAll()
  : await runTests(["task", "--quiet", "test", ...Deno.args]);
const passed = reports.reduce((total, report) => total + report.passed, 0);
const failed = reports.flatMap((report) => report.failed);
const ignored = reports.flatMap((report) => report.ignored);
await print([
  "",
  ...dearest(reports),
  ...ignored.map((name) => `ignored here: ${name}`),
  ...failed.map((name) => `failed: ${name}`),
  `${passed} passed, ${failed.length} failed, ${ignored.length} skipped`,
]);
Deno.exit(failed.length > 0 ? 1 : 0);

async function runAll(): Promise<TestReport[]> {
  const { units, alone, others } = await testFiles();
  const first = await runGroup({ files: units, isParallel: true });
  const reports = [...first.good];
  const again: Group[] = first.failed.length > 0 ? [{ files: first.failed }] : [];
  const groups: Group[] = groupsOf(others).map((files) => ({ files }));
  for (const { version, folder } of await otherFfmpegs()) {
    if (folder !== null) {
      groups.push(
        ...groupsOf(ffmpegTests).map((files) => ({ files, ffmpeg: { version, folder } })),
      );
    } else {
      const ignored = [`ffmpeg ${version}: source, stream, live view and demo (it is missing)`];
      reports.push({ file: "", passed: 0, failed: [], ignored, seconds: 0 });
    }
  }
  await Promise.all(Array.from({ length: lanes }, async () => {
    for (let group; (group = groups.shift());) {
      const { good, failed } = await runGroup({ ...group, isHeldBack: true });
      reports.push(...good);
      if (failed.length > 0) again.push({ ...group, files: failed });
    }
  }));
  for (const { files, ...group } of again) {
    await print(["", `Again, by themselves: ${files.join(", ")}`]);
    reports.push(...await runTests([...testing, ...files], group));
  }
  await print(["", `By themselves: ${alone.join(", ")}`]);
  reports.push(...await runTests([...testing, ...alone]));
  await print(["", "The documentation's examples"]);
  reports.push(...await runTests([...testing, "--doc", "--ignore=**/*_test.ts", ...rooms]));
  return reports;
}

/** Spread, as files of like names are alike slow. */
function groupsOf(files: readonly string[]): string[][] {
  const count = Math.ceil(files.length / filesOfGroup);
  return Array.from(
    { length: count },
    (_, group) => files.filter((_, index) => index % count === group),
  );
}

/** Tells what held, and the files of what did not. */
async function runGroup(
  group: Group,
): Promise<{ readonly good: readonly TestReport[]; readonly failed: readonly string[] }> {
  const { files, isParallel = false } = group;
  const args = [...testing, ...isParallel ? ["--parallel"] : [], ...files];
  const reports = await runTests(args, group);
  const bad = reports.filter(({ failed }) => failed.length > 0).map(({ file }) => file);
  // Tests that files share stand under another name.
  if (!bad.every((file) => files.includes(file))) return { good: [], failed: files };
  return { good: reports.filter(({ file }) => !bad.includes(file)), failed: bad };
}

async function runTests(
  args: readonly string[],
  { ffmpeg, isHeldBack = false }: Pick<Group, "ffmpeg" | "isHeldBack"> = {},
): Promise<TestReport[]> {
  const reportPath = await Deno.makeTempFile({ suffix: ".xml" });
  const output = isHeldBack ? "piped" : "inherit";
  const child = new Deno.Command(Deno.execPath(), {
    args: [...args, `--junit-path=${reportPath}`],
    stdin: "null",
    stdout: output,
    stderr: output,
    env: ffmpeg ? { PATH: `${ffmpeg.folder}:${Deno.env.get("PATH") ?? ""}` } : {},
  }).spawn();
  let code: number;
  if (isHeldBack) {
    const result = await child.output();
    code = result.code;
    const said = [result.stdout, result.stderr].map((bytes) => new TextDecoder().decode(bytes));
    await print([ffmpeg ? `\nWith ffmpeg ${ffmpeg.version}:` : "", ...said]);
  } else {
    ({ code } = await child.status);
  }
  const reports = readTestReports(await Deno.readTextFile(reportPath));
  await Deno.remove(reportPath);
  const named = ffmpeg ? reports.map((report) => withVersion(report, ffmpeg.version)) : reports;
  // A suite that does not compile, or dies, leaves an empty report: that is a failure too.
  if (code === 0 || reports.some(({ failed }) => failed.length > 0)) return named;
  const failed = [`the run of ${args.at(-1)} itself, with exit code ${code}`];
  return [...named, { file: "", passed: 0, failed, ignored: [], seconds: 0 }];
}

/** Where a run's time goes; what runs beside others takes longer than alone. */
function dearest(reports: readonly TestReport[]): string[] {
  const seconds = new Map<string, number>();
  for (const report of reports) {
    seconds.set(report.file, (seconds.get(report.file) ?? 0) + report.seconds);
  }
  return [...seconds].sort(([, a], [, b]) => b - a).slice(0, 10)
    .map(([file, took]) => `${took.toFixed(0)} s: ${file}`);
}

function withVersion(report: TestReport, version: string): TestReport {
  const named = (name: string) => `ffmpeg ${version}: ${name}`;
  return { ...report, failed: report.failed.map(named), ignored: report.ignored.map(named) };
}

async function print(lines: readonly string[]): Promise<void> {
  await Deno.stdout.write(new TextEncoder().encode(lines.map((line) => `${line}\n`).join("")));
}
