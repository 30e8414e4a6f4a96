/** What the kernel takes from the process of a plugin, whatever Deno would allow it. */

import assert from "node:assert/strict";
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { landlockVersion } from "../src/use_case/wall/landlock.ts";
import { openKernel } from "../src/use_case/wall/linux.ts";
import type { LaunchOrder, WallReport } from "../src/use_case/wall/order.ts";
import { descendants } from "./support/processes.ts";
import { smallFrame, withPlugin } from "./support/with_plugin.ts";
import { withFiles } from "./support/with_files.ts";

const root = fileURLToPath(new URL("../", import.meta.url));
const launcher = join(root, "src/use_case/wall/launch.ts");
const isLinux = Deno.build.os === "linux";
const hasLandlock = isLinux && landlockVersion(openKernel()) > 0;

/** Each says what it got, or how it was refused. */
const script = `
import dgram from "node:dgram";
import fs from "node:fs";
const { symbols } = Deno.dlopen("libc.so.6", {
  ptrace: { parameters: ["i64", "i64", "i64", "i64"], result: "i64" },
  kill: { parameters: ["i32", "i32"], result: "i32" },
  fork: { parameters: [], result: "i32" },
  unshare: { parameters: ["i32"], result: "i32" },
  socket: { parameters: ["i32", "i32", "i32"], result: "i32" },
  setpriority: { parameters: ["i32", "i32", "i32"], result: "i32" },
  prlimit: { parameters: ["i32", "i32", "buffer", "i64"], result: "i32" },
  shmget: { parameters: ["i32", "i64", "i32"], result: "i32" },
});
const minusOne = (value) => { if (Number(value) !== -1) return value; throw new Error("refused"); };
const attempts = {
  read: () => Deno.readTextFileSync("/etc/passwd"),
  list: () => [...Deno.readDirSync("/")].length,
  write: () => Deno.writeTextFileSync("/tmp/sightline-escape", "x"),
  makeFolder: () => Deno.mkdirSync("/tmp/sightline-escape"),
  remove: () => Deno.removeSync(VICTIM),
  writeBeside: () => Deno.writeTextFileSync(VICTIM, "x"),
  connect: () => Deno.connect({ hostname: "127.0.0.1", port: PORT }),
  listen: () => Deno.listen({ port: 0 }).addr.port,
  datagram: () => new Promise((yes, no) => dgram.createSocket("udp4").on("error", no).bind(0, yes)),
  vsock: () => minusOne(symbols.socket(40, 1, 0)),
  packets: () => minusOne(symbols.socket(17, 3, 0)),
  spawn: () => new Deno.Command("/bin/true").outputSync().code,
  fork: () => minusOne(symbols.fork()),
  namespace: () => minusOne(symbols.unshare(0x10000000)),
  trace: () => minusOne(symbols.ptrace(16, Deno.ppid, 0, 0)),
  signal: () => minusOne(symbols.kill(Deno.ppid, 0)),
  signalToAll: () => minusOne(symbols.kill(-1, 0)),
  slowParent: () => minusOne(symbols.setpriority(0, Deno.ppid, 19)),
  limitParent: () => minusOne(symbols.prlimit(Deno.ppid, 4, new BigUint64Array(2), 0n)),
  keepInMemory: () => minusOne(symbols.shmget(4711, 4096n, 0o1600)),
  environmentOfParent: () => fs.readFileSync("/proc/" + Deno.ppid + "/environ", "utf8"),
  memoryOfParent: () => fs.openSync("/proc/" + Deno.ppid + "/mem", "r"),
  filesOfParent: () => fs.readdirSync("/proc/" + Deno.ppid + "/fd"),
  inherited: () => fs.readFileSync(9, "utf8"),
  memory: () => { const all = []; for (;;) all.push(new Uint8Array(64 << 20)); },
};
const outcomes = {};
for (const [name, attempt] of Object.entries(attempts)) {
  try { outcomes[name] = "GOT " + await attempt(); } catch (error) { outcomes[name] = String(error); }
}
console.log(JSON.stringify(outcomes));
Deno.exit(0);
`;

Deno.test({
  name: "wall: what Deno would allow, the kernel refuses" +
    (hasLandlock ? "" : " (ignored: this kernel has no Landlock)"),
  ignore: !hasLandlock,
  fn: () =>
    withFiles({ "victim.txt": "" }, async (folder) => {
      using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
      const victim = join(folder, "victim.txt");
      await Deno.mkdir(join(folder, "own"));
      const own = join(folder, "own", "script.js");
      await Deno.writeTextFile(
        own,
        script.replaceAll("VICTIM", JSON.stringify(victim))
          .replace("PORT", String((listener.addr as Deno.NetAddr).port)),
      );
      const order: LaunchOrder = {
        program: Deno.execPath(),
        args: ["run", "-A", "--quiet", "--no-config", "--no-lock", own],
        env: { NO_COLOR: "1", DENO_DIR: "/dev/null/nowhere" },
        envBehindLandlock: {},
        reach: { read: [own, "/proc/self/maps"], write: [], net: false },
        dataMb: 1024,
      };
      const { stdout, stderr } = await new Deno.Command("sh", {
        args: [
          ...["-c", `exec 9</etc/passwd; exec "$0" run --quiet --no-config -A "$1" "$2"`],
          ...[Deno.execPath(), launcher, JSON.stringify(order)],
        ],
        stdin: "null",
      }).output();
      const [first = "", ...others] = new TextDecoder().decode(stderr).split("\n");
      const { on, off } = JSON.parse(first.replace("wall: ", "")) as WallReport;
      assert.deepEqual(off, [], others.join("\n"));
      assert.match(
        on.join(),
        /no open files,rlimits,first to go without memory,no_new_privs,Landlock \d,seccomp/,
      );
      const outcomes = JSON.parse(new TextDecoder().decode(stdout)) as Record<string, string>;
      for (const [attempt, outcome] of Object.entries(outcomes)) {
        assert.match(
          outcome,
          /PermissionDenied|os error 1\b|os error 13|EACCES|EPERM|EBADF|Bad file|refused|allocation/,
          `${attempt}: ${outcome}`,
        );
      }
      assert.equal(await Deno.readTextFile(victim), "");
    }),
});

Deno.test({
  name:
    "wall: a plugin's process inherits neither files nor variables, and the log says what holds it",
  ignore: !isLinux,
  fn: () =>
    withFiles({ "secret.txt": "secret" }, async (folder) => {
      const plugin = join(folder, "plugin.js");
      await Deno.writeTextFile(plugin, `export default () => ({ postprocess: () => ({}) });`);
      const secret = join(folder, "secret.txt");
      await using sightline = new Deno.Command("sh", {
        args: [
          ...["-c", `exec 9<"$0"; exec "$@"`, secret, Deno.execPath(), "run", "-A"],
          ...[join(root, "main.ts"), "--stream_url", join(root, "demo/street.mp4"), "--model_path"],
          ...[join(root, "demo/person_vehicle_bike.onnx")],
          ...["--use_case", plugin, "--sink", "stdout", "--fps", "1"],
        ],
        env: { SECRET: "secret", NO_COLOR: "1" },
        stdin: "null",
        stdout: "piped",
        stderr: "piped",
      }).spawn();
      let said = "";
      const hear = (async () => {
        for await (const text of sightline.stderr.pipeThrough(new TextDecoderStream())) {
          said += text;
        }
      })();
      const out = sightline.stdout.getReader();
      await out.read();
      const guest = guestOf(sightline.pid);
      const files = openFiles(guest);
      const environment = (await Deno.readTextFile(`/proc/${guest}/environ`)).split("\0");
      const score = await Deno.readTextFile(`/proc/${guest}/oom_score_adj`);
      sightline.kill("SIGKILL");
      await out.cancel();
      await hear;
      assert.equal(score, "1000\n");
      assert.deepEqual(files.filter((file) => file.startsWith(folder)), []);
      const names = environment.filter(Boolean).map((one) => one.split("=", 1)[0]!);
      assert.deepEqual(
        names.filter((name) => !/^(NO_COLOR|TMPDIR|DENO_[A-Z_]+)$/.test(name)),
        [],
      );
      assert.match(said, / Around its process stand Deno's permissions, no open files, /);
    }),
});

/** What a process has open, as paths or as the kernel calls it. */
function openFiles(pid: number): string[] {
  const folder = `/proc/${pid}/fd`;
  return readdirSync(folder).map((number) => readlinkSync(`${folder}/${number}`));
}

/** The plugin's process among those that Sightline started. */
function guestOf(pid: number): number {
  const found = descendants(pid).find(({ pid }) =>
    readFileSync(`/proc/${pid}/cmdline`, "utf8").includes("process_guest.ts")
  );
  assert(found !== undefined, "there is no process of a plugin");
  return found.pid;
}

Deno.test("wall: what is granted works behind it, and Sightline stays out of reach", async () => {
  await using server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    () => new Response("fetched"),
  );
  const { port } = server.addr as Deno.NetAddr;
  await withFiles({ "in.txt": "read" }, async (folder) => {
    const granted = {
      ...{ net: [`127.0.0.1:${port}`], write: [join(folder, "out.txt")] },
      ...{ read: true as const, sys: ["hostname"], env: ["PATH"] },
    };
    const code = `
      const text = (use) => Promise.resolve().then(use).catch((error) => error.name);
      export default () => ({ postprocess: async () => ({ data: {
        net: await (await fetch("http://127.0.0.1:${port}/")).text(),
        read: Deno.readTextFileSync(${JSON.stringify(join(folder, "in.txt"))}),
        write: Deno.writeTextFileSync(${JSON.stringify(join(folder, "out.txt"))}, "written") ?? "",
        sys: Deno.hostname(),
        env: Deno.env.get("PATH"),
        host: await text(() => Deno.readTextFile("/proc/" + Deno.ppid + "/environ")),
        memory: await text(() => Deno.open("/proc/" + Deno.ppid + "/mem").then(() => "open")),
        files: await text(() => [...Deno.readDirSync("/proc/" + Deno.ppid + "/fd")].length),
      } }) });`;
    await withPlugin("process", code, async (open) => {
      const host = await open(undefined, { granted, timeoutMs: 5000 });
      const { data: _pixels, ...info } = smallFrame();
      const { data } = await host.postprocess({}, info);
      assert.deepEqual(data, {
        ...{ net: "fetched", read: "read", write: "", sys: Deno.hostname() },
        env: Deno.env.get("PATH"),
        ...{ host: "NotCapable", memory: "NotCapable", files: "NotCapable" },
      });
      assert.equal(await Deno.readTextFile(join(folder, "out.txt")), "written");
    });
  });
});
