import assert from "node:assert/strict";
import { poll } from "./support/poll.ts";
import { runSightline, sightlineResult } from "./support/run_sightline.ts";

const entry = new URL("./support/lifetime_fixture.ts", import.meta.url);

/** What stands on stderr besides the fixture's own line, without times. */
function linesOf(stderr: string): string[] {
  return stderr.split("\n").filter((line) => line !== "" && line !== "ready")
    .map((line) => line.replace(/^[\d :,-]+ - sightline - /, ""));
}

const stopping = "INFO - Stopping on a signal; a second one ends the process at once";

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  for (const behaviour of ["obedient", "failing_when_stopped"]) {
    Deno.test(`${signal} ends a command that is ${behaviour} with code 0`, async () => {
      await using child = runSightline([behaviour], { entry });
      await child.waitForLine(/^ready$/);
      child.signal(signal);
      const { code, stderr } = await child.result;
      assert.deepEqual({ code, lines: linesOf(stderr) }, { code: 0, lines: [stopping] });
    });
  }
}

Deno.test({
  name: "SIGHUP ends no command, SIGTERM does",
  ignore: Deno.build.os === "windows",
  async fn() {
    await using child = runSightline(["obedient"], { entry });
    await child.waitForLine(/^ready$/);
    child.signal("SIGHUP");
    // A signal that would end it does so before the next one is seen.
    child.signal("SIGTERM");
    const { code, stderr } = await child.result;
    assert.deepEqual({ code, lines: linesOf(stderr) }, { code: 0, lines: [stopping] });
  },
});

const hasScript = await new Deno.Command("script", { args: ["--version"] }).output()
  .then(({ success }) => success, () => false);
Deno.test({
  name: "a terminal that is closed ends the command" +
    (hasScript ? "" : " (ignored: util-linux's script is not installed)"),
  ignore: !hasScript,
  async fn() {
    const log = await Deno.makeTempFile();
    const command = `${Deno.execPath()} run -A --no-check ${entry.pathname} obedient 2>${log}`;
    const terminal = new Deno.Command("script", {
      args: ["-qec", command, "/dev/null"],
      env: { NO_COLOR: "1" },
      stdin: "null",
      stdout: "null",
    }).spawn();
    const lines = async () => linesOf(await Deno.readTextFile(log));
    const hasSaid = async (word: string) => (await Deno.readTextFile(log)).includes(word);
    await poll("it is ready", () => hasSaid("ready"));
    terminal.kill("SIGKILL");
    await terminal.status;
    await poll("it stops", () => hasSaid("Stopping"));
    assert.deepEqual(await lines(), ["INFO - Stopping since the terminal was closed"]);
    await Deno.remove(log);
  },
});

Deno.test("SIGTERM ends a command that does not stop within 2 s, with code 0", async () => {
  await using child = runSightline(["deaf"], { entry });
  await child.waitForLine(/^ready$/);
  const start = performance.now();
  child.signal("SIGTERM");
  const { code, stderr } = await child.result;
  assert(performance.now() - start < 2000);
  assert.equal(code, 0);
  assert.deepEqual(linesOf(stderr), [
    stopping,
    "WARNING - Not everything stopped in time; leaving without it",
  ]);
});

Deno.test("a second signal ends the process at once, with code 0", async () => {
  await using child = runSightline(["deaf"], { entry });
  await child.waitForLine(/^ready$/);
  child.signal("SIGINT");
  await child.waitForLine(/Stopping on a signal/);
  const start = performance.now();
  child.signal("SIGINT");
  const { code, stderr } = await child.result;
  assert(performance.now() - start < 1000);
  assert.deepEqual({ code, lines: linesOf(stderr) }, { code: 0, lines: [stopping] });
});

Deno.test("SIGTERM ends the process within 2 s while its log is not read", async () => {
  const ended = Promise.withResolvers<void>();
  await using child = runSightline(["logging_a_lot"], {
    entry,
    async onStderr(stderr) {
      await ended.promise;
      await stderr.cancel();
    },
  });
  void child.exited.then(() => ended.resolve());
  await child.waitForLine(/^logged$/);
  const start = performance.now();
  child.signal("SIGTERM");
  assert.equal(await child.exited, 0);
  assert(performance.now() - start < 2000);
});

const failures: { behaviour: string; line: string }[] = [
  { behaviour: "throwing", line: "Internal error: Cannot go on\\nat all: why" },
  { behaviour: "rejecting_elsewhere", line: "Internal error: nobody awaits this" },
  { behaviour: "throwing_in_timer", line: "Internal error: out of bounds" },
  { behaviour: "throwing_text", line: "Internal error: just text" },
];
for (const { behaviour, line } of failures) {
  Deno.test(`an uncaught error (${behaviour}) is one line, and code 1`, async () => {
    const { code, stderr } = await sightlineResult([behaviour], { entry });
    assert.equal(code, 1);
    // What runs for ever does not stop on an error either.
    const late = "WARNING - Not everything stopped in time; leaving without it";
    const expected = [`ERROR - ${line}`, ...(behaviour === "throwing" ? [] : [late])];
    assert.deepEqual(linesOf(stderr), expected);
  });
}

Deno.test("an error before there is a log is one line too", async () => {
  const { code, stderr } = await sightlineResult(["throwing", "none"], { entry });
  assert.equal(code, 1);
  assert.deepEqual(linesOf(stderr), ["Internal error: Cannot go on\\nat all: why"]);
});

Deno.test("an error shows its stack at DEBUG, each line of it a line of the log", async () => {
  const { stderr } = await sightlineResult(["throwing", "DEBUG"], { entry });
  const [first, ...rest] = linesOf(stderr);
  assert.equal(first, "ERROR - Internal error: Cannot go on\\nat all: why");
  assert(rest.some((line) => /^DEBUG - at .*lifetime_fixture\.ts:\d+/.test(line)), stderr);
  assert(rest.every((line) => line.startsWith("DEBUG - ")), stderr);
});

Deno.test("the command's own exit code is the process's", async () => {
  const { code } = await sightlineResult(["returning_3"], { entry });
  assert.equal(code, 3);
});
