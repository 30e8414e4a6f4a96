/** A 64-bit ARM machine by emulation: QEMU runs Deno, and what it starts is this machine's own. */

import { join } from "node:path";

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
  /** Program and arguments that run Deno on it. */
  command(args: readonly string[]): { readonly program: string; readonly args: string[] };
}

/**
 * Makes one. The emulator would show this machine's processors in /proc/cpuinfo, in which
 * onnxruntime's library of processors finds no ARM, and follows a null pointer.
 */
export async function openArm64(): Promise<Arm64Machine> {
  const root = await Deno.makeTempDir({ prefix: "sightline-arm64-" });
  await Deno.symlink(libraries, join(root, "lib"));
  await Deno.mkdir(join(root, "proc"));
  await Deno.writeTextFile(join(root, "proc", "cpuinfo"), cpuInfo);
  return {
    command: (args) => ({ program: emulator, args: ["-L", root, deno, ...args] }),
    [Symbol.asyncDispose]: () => Deno.remove(root, { recursive: true }),
  };
}
