import assert from "node:assert/strict";
import { ProcessGuard } from "../src/process_guard.ts";
import { numberedClip } from "./support/clips.ts";
import { poll } from "./support/poll.ts";
import { rtspReason, rtspServerMissing, startRtspServer } from "./support/with_rtsp_server.ts";
import { takeFrames } from "./support/with_source.ts";

/** The tests find processes in /proc. */
const ignore = Deno.build.os !== "linux";
const reason = ignore ? " (ignored: needs /proc)" : "";
const plain = { width: 480, height: 320, fps: 25, frames: 100 };

Deno.test({
  name: `no ffmpeg and no file outlive kill -9 of us, the camera frozen${rtspReason}${reason}`,
  ignore: ignore || rtspServerMissing,
}, async () => {
  await using server = await startRtspServer({ clips: { a: await numberedClip(plain) } });
  const fixture = new URL("./support/source_fixture.ts", import.meta.url).pathname;
  const temporary = await Deno.makeTempDir({ prefix: "with a space " });
  const filesLeft = () => [...Deno.readDirSync(temporary)].length;
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", fixture, server.url("a")],
    env: { TMPDIR: temporary },
    stdin: "null",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const output = child.stdout.getReader();
  await output.read(); // Its first frame.
  const children = childrenOf(child.pid);
  assert.equal(children.filter(({ name }) => name === "ffmpeg").length, 1, Deno.inspect(children));
  assert.equal(filesLeft(), 1);
  server.freeze();
  child.kill("SIGKILL");
  await child.status;
  await output.cancel();
  await poll(
    "ffmpeg and the guard are gone",
    () => children.every(({ pid }) => !isRunning(pid)),
    2000,
  );
  assert.equal(filesLeft(), 0);
  await Deno.remove(temporary);
});

Deno.test(
  { name: `a source that was left leaves no process behind${reason}`, ignore },
  async () => {
    const { file } = await numberedClip(plain);
    await takeFrames({ url: file }, 3);
    assert.deepEqual(
      childrenOf(Deno.pid).map(({ name }) => name).filter((name) => /^(ffmpeg|sh)$/.test(name)),
      [],
    );
  },
);

Deno.test(
  { name: `ProcessGuard kills what it still guards, and only that${reason}`, ignore },
  async () => {
    const spawn = () => new Deno.Command("sleep", { args: ["60"] }).spawn();
    const [kept, guarded, frozen] = [spawn(), spawn(), spawn()];
    {
      await using guard = new ProcessGuard();
      for (const { pid } of [kept, guarded, frozen]) guard.add(pid);
      guard.remove(kept.pid);
      frozen.kill("SIGSTOP");
      // What a terminal sends to everyone must not end it early, once it has begun to listen.
      await poll("the guard is deaf", () => ignoresSignals(guard.pid), 10_000);
      Deno.kill(guard.pid, "SIGINT");
      Deno.kill(guard.pid, "SIGTERM");
    }
    assert.equal((await guarded.status).signal, "SIGKILL");
    assert.equal((await frozen.status).signal, "SIGKILL");
    assert.ok(isRunning(kept.pid));
    kept.kill("SIGKILL");
    await kept.status;
  },
);

Deno.test("ProcessGuard clears away the folders that are left, and only those", async () => {
  const root = await Deno.makeTempDir();
  const [first, kept, last] = ["first", "kept *", "last one"].map((name) => `${root}/${name}`);
  for (const path of [first!, kept!, last!]) {
    await Deno.mkdir(path);
    await Deno.writeTextFile(`${path}/file`, "");
  }
  {
    await using guard = new ProcessGuard();
    for (const path of [first!, kept!, last!]) guard.addFolder(path);
    guard.removeFolder(kept!);
    guard.removeFolder(`${root}/unknown`);
    guard.addFolder(`${root}/none\nadd_folder ${kept}`);
    guard.addFolder("relative");
  }
  const left = await Array.fromAsync(Deno.readDir(root), ({ name }) => name);
  assert.deepEqual(left, ["kept *"]);
  await Deno.remove(root, { recursive: true });
});

/** Whether SIGINT and SIGTERM are ignored by a process. */
function ignoresSignals(pid: number): boolean {
  const status = Deno.readTextFileSync(`/proc/${pid}/status`);
  const ignored = parseInt(/^SigIgn:\s*(\w+)$/m.exec(status)?.[1] ?? "0", 16);
  const wanted = 1 << 2 - 1 | 1 << 15 - 1;
  return (ignored & wanted) === wanted;
}

interface Child {
  readonly pid: number;
  readonly name: string;
}

function childrenOf(parent: number): Child[] {
  const found: Child[] = [];
  for (const { name } of Deno.readDirSync("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    const stat = statOf(Number(name));
    if (stat !== null && stat.parent === parent && stat.state !== "Z") {
      found.push({ pid: Number(name), name: stat.name });
    }
  }
  return found;
}

function isRunning(pid: number): boolean {
  const stat = statOf(pid);
  return stat !== null && stat.state !== "Z";
}

function statOf(pid: number): { name: string; state: string; parent: number } | null {
  try {
    const match = /\((.*)\) (\S) (\d+)/.exec(Deno.readTextFileSync(`/proc/${pid}/stat`));
    return match && { name: match[1] ?? "", state: match[2] ?? "", parent: Number(match[3]) };
  } catch {
    return null;
  }
}
