/**
 * Runs `deno task test`, then says what was ignored on this machine and closes with one line
 * that a machine can read: `N passed, N failed, N skipped`.
 */
import { readTestReport } from "./test_report.ts";

const reportPath = await Deno.makeTempFile({ suffix: ".xml" });
const { code } = await new Deno.Command(Deno.execPath(), {
  args: ["task", "--quiet", "test", `--junit-path=${reportPath}`, ...Deno.args],
  stdin: "null",
}).spawn().status;

const { passed, failed, ignored } = readTestReport(await Deno.readTextFile(reportPath));
await Deno.remove(reportPath);

// A suite that does not compile, or dies, leaves an empty report: that is a failure too.
const failures = code !== 0 && failed === 0 ? 1 : failed;

const lines = [
  "",
  ...ignored.map((name) => `ignored here: ${name}`),
  `${passed} passed, ${failures} failed, ${ignored.length} skipped`,
  "",
];
await Deno.stdout.write(new TextEncoder().encode(lines.join("\n")));
Deno.exit(code !== 0 ? code : failures > 0 ? 1 : 0);
