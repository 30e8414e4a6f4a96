import assert from "node:assert/strict";
import { noGuard } from "../process_guard.ts";
import { ChildProcesses, type ChildUsage } from "./child_processes.ts";
import { parseStat, readStats } from "./proc_stat.ts";

const ignore = Deno.build.os !== "linux";
const owner = { stream: "door", work: "decode" } as const;

function spin(): Deno.ChildProcess {
  const script = "i=0; while [ $i -lt 150000 ]; do i=$((i+1)); done; echo done; read -r line";
  return new Deno.Command("sh", { args: ["-c", script], stdin: "piped", stdout: "piped" }).spawn();
}

/** Resolves when it has spun. */
async function spun(child: Deno.ChildProcess): Promise<void> {
  const reader = child.stdout.getReader();
  while (!(await reader.read()).done) {
    reader.releaseLock();
    return;
  }
}

async function end(child: Deno.ChildProcess): Promise<void> {
  await child.stdin.close();
  await child.stdout.cancel();
  await child.status;
}

function only(usage: readonly ChildUsage[] | null): ChildUsage {
  assert.equal(usage?.length, 1);
  return usage![0]!;
}

Deno.test("ChildProcesses counts the time of a child that runs, and keeps it when it has ended", {
  ignore,
}, async () => {
  const children = new ChildProcesses();
  const guard = children.guard(noGuard, owner);
  const child = spin();
  guard.add(child.pid);
  await spun(child);
  const running = only(await children.usage());
  assert.ok(running.cpuSeconds > 0 && running.residentBytes > 0, Deno.inspect(running));
  await end(child);
  guard.remove(child.pid);
  const ended = only(await children.usage());
  assert.ok(ended.cpuSeconds >= running.cpuSeconds, Deno.inspect(ended));
  assert.equal(ended.residentBytes, 0);
});

Deno.test("ChildProcesses counts a child that came and went between two looks", {
  ignore,
}, async () => {
  const children = new ChildProcesses();
  const guard = children.guard(noGuard, owner);
  await children.usage();
  const child = spin();
  guard.add(child.pid);
  await spun(child);
  await end(child);
  guard.remove(child.pid);
  const { cpuSeconds } = only(await children.usage());
  assert.ok(cpuSeconds > 0);
  assert.equal(only(await children.usage()).cpuSeconds, cpuSeconds);
});

Deno.test("readStats() reads by the shell where Deno keeps /proc from us", {
  ignore,
  permissions: { run: ["sh"], read: false, sys: false },
}, async () => {
  const lines = await readStats([Deno.pid, 2 ** 30]);
  assert.deepEqual(lines?.map((line) => parseStat(line)?.pid), [Deno.pid]);
});

Deno.test("parseStat() is not misled by the name of a program", () => {
  const name = "a) R 1 (b";
  const rest = "S 1 2 3 0 -1 4194304 9 0 0 0 150 50 25 75 20 0 7 0 1234 99999 10 184467";
  assert.deepEqual(parseStat(`42 (${name}) ${rest}`), {
    pid: 42,
    cpuSeconds: 2,
    reapedSeconds: 1,
    residentBytes: 40960,
  });
  assert.equal(parseStat("nonsense"), null);
});
