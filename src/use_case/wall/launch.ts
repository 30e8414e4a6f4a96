/**
 * Becomes the process of a plugin: takes from itself what the kernel lets it take, then executes
 * Deno in its own place, so that the plugin's Deno has had these rights at no time. A Deno that runs
 * already is too late: it has threads, and most of this holds for one thread and what comes of it.
 *
 * It calls the kernel itself: Debian 12's setpriv knows no Landlock, bwrap wants user namespaces,
 * which Docker refuses, and systemd-run wants a bus.
 */

import { applyLandlock, landlockVersion } from "./landlock.ts";
import {
  addressOf,
  common,
  cString,
  loadedFiles,
  type Numbers,
  numbersByArch,
  openKernel,
  openPath,
  type Syscall,
} from "./linux.ts";
import { type LaunchOrder, type Reach, reportPrefix } from "./order.ts";
import { filterProgram } from "./seccomp.ts";

const prSetNoNewPrivs = 38;
const prDropCapability = 24;
const capDacReadSearch = 2;
const lastCapability = 63;
const seccompSetFilter = 1;
const closeOnExec = 4;
const sigXfsz = 25;
const limitOf = { fileSize: 1, data: 2, core: 4, openFiles: 7 };

if (import.meta.main) launch(JSON.parse(Deno.args[0]!) as LaunchOrder);

function launch(order: LaunchOrder): void {
  const numbers = numbersByArch[Deno.build.arch]!;
  const syscall = openKernel();
  const report = { on: [] as string[], off: [] as string[] };
  const note = (what: string, isOn: boolean) => (isOn ? report.on : report.off).push(what);

  // All but the standard streams: the parent of Sightline may have left others open.
  note("no open files", syscall(common.closeRange, 3, 0xffffffff, closeOnExec) === 0);
  const { reach, dataMb } = order;
  let isReadOnly = false;
  if (reach !== null) {
    limit(syscall, numbers, dataMb, reach);
    report.on.push("rlimits");
    note("first to go without memory", goFirst(syscall, numbers));
    // Root keeps the right to read what it is about to load, and no other.
    for (let capability = 0; capability <= lastCapability; capability++) {
      if (capability !== capDacReadSearch) syscall(numbers.prctl, prDropCapability, capability);
    }
    note("no_new_privs", syscall(numbers.prctl, prSetNoNewPrivs, 1, 0, 0, 0) === 0);
    const version = landlockVersion(syscall);
    const own = loadedFiles(syscall, numbers);
    // Without /proc it is not known what has to be opened to become the plugin's Deno.
    isReadOnly = version > 0 && own.length > 0 &&
      applyLandlock(syscall, numbers, version, reach, own);
    note(isReadOnly ? `Landlock ${version}` : "Landlock", isReadOnly);
    note("seccomp", applyFilter(syscall, numbers, reach.net));
  }
  Deno.stderr.writeSync(new TextEncoder().encode(`${reportPrefix}${JSON.stringify(report)}\n`));
  become(syscall, numbers, order, { ...order.env, ...isReadOnly ? order.envBehindLandlock : {} });
}

function limit(
  syscall: Syscall,
  { prlimit64 }: Numbers,
  dataMb: number,
  { write }: Reach,
): void {
  const { symbols } = Deno.dlopen("libc.so.6", {
    signal: { parameters: ["i32", "i64"], result: "i64" },
  });
  const cap = (resource: number, value: number) => {
    const both = BigUint64Array.of(BigInt(value), BigInt(value));
    syscall(prlimit64, 0, resource, both, 0);
  };
  cap(limitOf.data, dataMb * 2 ** 20);
  cap(limitOf.openFiles, 256);
  cap(limitOf.core, 0);
  if (write.length > 0) return;
  cap(limitOf.fileSize, 0);
  // Writing fails then, in place of ending the process.
  symbols.signal(sigXfsz, 1n);
}

/** When the machine, or a container, is out of memory, the kernel ends this process before others. */
function goFirst(syscall: Syscall, numbers: Numbers): boolean {
  const file = openPath(syscall, numbers, "/proc/self/oom_score_adj", 1);
  const highest = new TextEncoder().encode("1000");
  const isWritten = syscall(numbers.write, file, highest, highest.byteLength) > 0;
  if (file >= 0) syscall(numbers.close, file);
  return isWritten;
}

function applyFilter(syscall: Syscall, numbers: Numbers, net: boolean): boolean {
  const program = filterProgram(numbers, { pid: Deno.pid, net });
  const header = new DataView(new ArrayBuffer(16));
  header.setUint16(0, program.byteLength / 8, true);
  header.setBigUint64(8, addressOf(program), true);
  return syscall(numbers.seccomp, seccompSetFilter, 0, header) === 0;
}

function become(
  syscall: Syscall,
  { execve }: Numbers,
  { program, args }: LaunchOrder,
  env: Readonly<Record<string, string>>,
): never {
  const path = cString(program);
  // Held until the end: the kernel is given their addresses.
  const lists = [
    [program, ...args],
    Object.entries(env).map(([name, value]) => `${name}=${value}`),
  ].map((texts) => texts.map(cString));
  const [argv, envp] = lists.map((texts) => BigUint64Array.from([...texts.map(addressOf), 0n]));
  syscall(execve, path, argv!, envp!);
  throw new Error(`Cannot execute ${program}`);
}
