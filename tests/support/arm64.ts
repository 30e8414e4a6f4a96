/** A 64-bit ARM machine by emulation: QEMU runs Deno, and what it starts is this machine's own. */

import { join } from "node:path";
import { poll } from "./poll.ts";

const libraries = "/usr/aarch64-linux-gnu/lib";
const emulator = "qemu-aarch64-static";

/** Of a Raspberry Pi 4. */
const cpuInfo = [0, 1].map((number) =>
  [
    `processor\t: ${number}`,
    "BogoMIPS\t: 108.00",
    "Features\t: fp asimd evtstrm crc32 cpuid",
    "CPU implementer\t: 0x41",
    "CPU architecture: 8",
    "CPU variant\t: 0x0",
    "CPU part\t: 0xd08",
    "CPU revision\t: 3",
    "",
    "",
  ].join("\n")
).join("");

const { get } = Deno.env;
const tools = get("SIGHTLINE_TEST_TOOLS") ??
  join(get("XDG_CACHE_HOME") ?? join(get("HOME") ?? ".", ".cache"), "sightline", "tools");
const deno = join(tools, `deno_arm64@${Deno.version.deno}`, "deno");

/** Whether something of it is missing. */
export const arm64Missing: boolean = !await isThere();

/** Stands behind the names of tests that need it. */
export const arm64Reason: string = arm64Missing
  ? " (ignored: tools/setup_tests.sh brings the emulator)"
  : "";

async function isThere(): Promise<boolean> {
  try {
    await Promise.all([deno, `${libraries}/ld-linux-aarch64.so.1`].map((path) => Deno.stat(path)));
    const { success } = await new Deno.Command(emulator, { args: ["--version"], stdout: "null" })
      .output();
    return success;
  } catch {
    return false;
  }
}

/** Such a machine, as far as programs look at it. */
export interface Arm64Machine extends AsyncDisposable {
  /** Runs Deno on it, and what that starts of itself; killed after `patienceMs`. */
  run(args: readonly string[], patienceMs: number): Promise<Arm64Result>;
}

/** What became of it. */
export interface Arm64Result {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Makes one. The emulator would show this machine's processors in /proc/cpuinfo, in which
 * onnxruntime's library of processors finds no ARM, and follows a null pointer.
 *
 * Deno starts processes of plugins by the path of its own program, which this machine's kernel cannot
 * run. The emulator is given it as a link, which it follows whenever it is asked for that path: once
 * it runs, the link leads to a script that starts the emulator again.
 */
export async function openArm64(): Promise<Arm64Machine> {
  const root = await Deno.makeTempDir({ prefix: "sightline-arm64-" });
  await Deno.symlink(libraries, join(root, "lib"));
  await Deno.mkdir(join(root, "proc"));
  await Deno.writeTextFile(join(root, "proc", "cpuinfo"), cpuInfo);
  const again = join(root, "again");
  const script = `#!/bin/sh\nexec ${await findEmulator()} -L '${root}' '${deno}' "$@"\n`;
  await Deno.writeTextFile(again, script, { mode: 0o755 });
  return {
    async run(args, patienceMs) {
      const [link, next] = [join(root, "deno"), join(root, "next")];
      await Deno.symlink(deno, link);
      await Deno.symlink(again, next);
      const child = new Deno.Command(emulator, {
        args: ["-L", root, link, ...args],
        env: { DENO_NO_UPDATE_CHECK: "1", NO_COLOR: "1" },
        stdin: "null",
        stdout: "piped",
        stderr: "piped",
      }).spawn();
      const timer = setTimeout(() => child.kill("SIGKILL"), patienceMs);
      const result = child.output();
      await poll("the emulator runs", async () => {
        const maps = await Deno.readTextFile(`/proc/${child.pid}/maps`).catch(() => deno);
        return maps.includes(deno);
      });
      await Deno.rename(next, link);
      const { code, stdout, stderr } = await result;
      clearTimeout(timer);
      await Deno.remove(link);
      const [said, complained] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
      return { code, stdout: said!, stderr: complained! };
    },
    [Symbol.asyncDispose]: () => Deno.remove(root, { recursive: true }),
  };
}

/** Its path: processes of plugins have no PATH. */
async function findEmulator(): Promise<string> {
  const { stdout } = await new Deno.Command("sh", { args: ["-c", `command -v ${emulator}`] })
    .output();
  return new TextDecoder().decode(stdout).trim();
}
