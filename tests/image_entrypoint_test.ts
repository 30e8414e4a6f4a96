/** The image's entry point: the very permissions, and process 1. */

import assert from "node:assert/strict";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { poll } from "./support/poll.ts";
import { withFiles } from "./support/with_files.ts";

const root = fileURLToPath(new URL("../", import.meta.url));
const entrypoint = join(root, "deploy/entrypoint.sh");
const run = [
  ...["--stream_url", join(root, "demo/street.mp4"), "--fps", "25"],
  ...["--model_path", join(root, "demo/person_vehicle_bike.onnx"), "--sink", "jsonl:records.jsonl"],
];

const unshareMissing = !await canUnshare();
const unshareReason = unshareMissing ? " (this machine lets nobody make process namespaces)" : "";
const procMissing = Deno.build.os !== "linux";
const procReason = procMissing ? " (no /proc on this machine)" : "";

Deno.test({
  name: `entrypoint.sh: Sightline has the permissions that it needs, and no others${procReason}`,
  ignore: procMissing,
}, () =>
  withFiles({}, async (cwd) => {
    using child = start("sh", [entrypoint, "run", ...run], cwd);
    const text = await whenRecorded(cwd);
    const words = (await Deno.readTextFile(`/proc/${child.pid}/cmdline`)).split("\0");
    // One process from the beginning: what the engine signals is Sightline itself.
    assert.ok(words.some((word) => word.endsWith("main.ts")), words.join(" "));
    assert.ok(words.includes("--no-prompt"));
    assert.ok(words.some((word) => /^--allow-write=.*records\.jsonl/.test(word)), words.join(" "));
    assert.ok(!words.some((word) => /^(-A|--allow-all|--allow-(write|run|ffi|env))$/.test(word)));
    child.kill("SIGTERM");
    const { code } = await child.output();
    assert.equal(code, 0);
    assert.match(text, /"sequence":0/);
  }));

Deno.test("entrypoint.sh: wrong flags are told as the program tells them, with its exit code", () =>
  withFiles({}, async (cwd) => {
    const { code, stderr } = await start("sh", [entrypoint, "--stream_ulr", "x"], cwd).output();
    assert.equal(code, 2);
    assert.match(new TextDecoder().decode(stderr), /^--stream_ulr: unknown flag/);
  }));

Deno.test("entrypoint.sh: other commands, and the help of run, go through", () =>
  withFiles({}, async (cwd) => {
    for (
      const [args, expected] of [
        [["--version"], /^sightline \d/],
        [["--help"], /^Usage: .*--stream_url/s],
        [["run", "--help"], /^Usage: .*--stream_url/s],
        [["types"], /The contract/],
      ] as const
    ) {
      const { code, stdout } = await start("sh", [entrypoint, ...args], cwd).output();
      assert.equal(code, 0, args.join(" "));
      assert.match(new TextDecoder().decode(stdout), expected);
    }
  }));

Deno.test({
  name:
    `entrypoint.sh: as process 1, SIGTERM ends it with whole records and code 0${unshareReason}`,
  ignore: unshareMissing,
}, () =>
  withFiles({}, async (cwd) => {
    const unshare = ["--pid", "--fork", "--kill-child", "--mount-proc", "sh", entrypoint];
    using child = start("unshare", [...unshare, ...run], cwd);
    await whenRecorded(cwd);
    const children = `/proc/${child.pid}/task/${child.pid}/children`;
    const first = Number((await Deno.readTextFile(children)).trim().split(" ")[0]);
    Deno.kill(first, "SIGTERM");
    const { code, stderr } = await child.output();
    assert.equal(code, 0, new TextDecoder().decode(stderr));
    const records = (await Deno.readTextFile(join(cwd, "records.jsonl"))).split("\n");
    assert.equal(records.pop(), "", "the last line is whole");
    for (const [index, record] of records.entries()) {
      assert.equal(JSON.parse(record).sequence, index);
    }
  }));

/** It ends with the test, whatever becomes of that. */
function start(program: string, args: readonly string[], cwd: string) {
  const child = new Deno.Command(program, {
    args: [...args],
    cwd,
    env: { NO_COLOR: "1", PATH: `${dirname(Deno.execPath())}:${Deno.env.get("PATH")}` },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  return Object.assign(child, { [Symbol.dispose]: () => end(child) });
}

function end(child: Deno.ChildProcess): void {
  try {
    child.kill("SIGKILL");
  } catch {
    // It has ended already.
  }
}

async function whenRecorded(cwd: string): Promise<string> {
  let text = "";
  await poll("there are records", async () => {
    text = await Deno.readTextFile(join(cwd, "records.jsonl")).catch(() => "");
    return text.split("\n").length > 5;
  }, 60_000);
  return text;
}

async function canUnshare(): Promise<boolean> {
  try {
    const args = ["--pid", "--fork", "--mount-proc", "true"];
    return (await new Deno.Command("unshare", { args, stderr: "null" }).output()).success;
  } catch {
    return false;
  }
}
