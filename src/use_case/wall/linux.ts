/** The Linux system calls with which a process drops its own rights. */

/** What differs between processors. */
export interface Numbers {
  /** How the kernel calls the processor, for seccomp. */
  readonly auditArch: number;
  readonly close: number;
  readonly execve: number;
  readonly openat: number;
  readonly read: number;
  readonly write: number;
  readonly prctl: number;
  readonly prlimit64: number;
  readonly seccomp: number;
  readonly socket: number;
  readonly clone: number;
  /** Those that send a signal to the process in their first argument. */
  readonly signals: readonly number[];
  /** Those that a plugin's process never needs, see seccomp.ts. */
  readonly refused: readonly number[];
}

/** The same on each processor that Deno runs on, as newer calls are. */
export const common = {
  clone3: 435,
  closeRange: 436,
  landlockCreateRuleset: 444,
  landlockAddRule: 445,
  landlockRestrictSelf: 446,
} as const;

// pidfd_send_signal, io_uring_setup, open_tree, move_mount, fsopen, pidfd_open, pidfd_getfd
const refusedEverywhere = [424, 425, 428, 429, 430, 434, 438] as const;

/** By `Deno.build.arch`. */
export const numbersByArch: Readonly<Record<string, Numbers>> = {
  x86_64: {
    auditArch: 0xc000003e,
    close: 3,
    execve: 59,
    openat: 257,
    read: 0,
    write: 1,
    prctl: 157,
    prlimit64: 302,
    seccomp: 317,
    socket: 41,
    clone: 56,
    // kill, tkill, rt_sigqueueinfo, tgkill, rt_tgsigqueueinfo
    signals: [62, 200, 129, 234, 297],
    refused: [
      // fork, vfork, ptrace, pivot_root, chroot, mount, umount2, init_module
      ...[57, 58, 101, 155, 161, 165, 166, 175],
      // add_key, request_key, keyctl, unshare, perf_event_open, setns, process_vm_readv and _writev
      ...[248, 249, 250, 272, 298, 308, 310, 311],
      // kcmp, finit_module, bpf, userfaultfd
      ...[312, 313, 321, 323],
      // setpriority, ioprio_set, sched_setaffinity, _setattr, _setparam and _setscheduler,
      // migrate_pages, move_pages
      ...[141, 251, 203, 314, 142, 144, 256, 279],
      // shmget, semget, msgget, mq_open
      ...[29, 64, 68, 240, ...refusedEverywhere],
    ],
  },
  aarch64: {
    auditArch: 0xc00000b7,
    close: 57,
    execve: 221,
    openat: 56,
    read: 63,
    write: 64,
    prctl: 167,
    prlimit64: 261,
    seccomp: 277,
    socket: 198,
    clone: 220,
    // kill, tkill, rt_sigqueueinfo, tgkill, rt_tgsigqueueinfo
    signals: [129, 130, 138, 131, 240],
    refused: [
      // umount2, mount, pivot_root, chroot, unshare, init_module, ptrace, add_key
      ...[39, 40, 41, 51, 97, 105, 117, 217],
      // request_key, keyctl, perf_event_open, setns, process_vm_readv and _writev, kcmp
      ...[218, 219, 241, 268, 270, 271, 272],
      // finit_module, bpf, userfaultfd
      ...[273, 280, 282],
      // setpriority, ioprio_set, sched_setaffinity, _setattr, _setparam and _setscheduler,
      // migrate_pages, move_pages
      ...[140, 30, 122, 274, 118, 119, 238, 239],
      // shmget, semget, msgget, mq_open
      ...[194, 190, 186, 180, ...refusedEverywhere],
    ],
  },
};

/** A call of the kernel; -1 when it refuses. */
export type Syscall = (
  number: number,
  ...args: readonly (number | bigint | BufferSource)[]
) => number;

/** The kernel, for a process that may use foreign functions. */
export function openKernel(): Syscall {
  const { symbols } = Deno.dlopen("libc.so.6", {
    syscall: { parameters: ["i64", "i64", "i64", "i64", "i64", "i64", "i64"], result: "i64" },
  });
  return function syscall(number, ...args) {
    const [a = 0n, b = 0n, c = 0n, d = 0n, e = 0n, f = 0n] = args.map((arg) =>
      typeof arg === "object" ? addressOf(arg) : BigInt(arg)
    );
    return Number(symbols.syscall(BigInt(number), a, b, c, d, e, f));
  };
}

/** Where a buffer lies; it must be held for as long as that is used. */
export function addressOf(buffer: BufferSource): bigint {
  return BigInt(Deno.UnsafePointer.value(Deno.UnsafePointer.of(buffer)));
}

/** Opens for reading, from the working directory; -1 when that is refused. */
export function openPath(syscall: Syscall, { openat }: Numbers, path: string, flags = 0): number {
  return syscall(openat, -100, cString(path), flags | 0o2000000, 0);
}

/** The files that this very process consists of: its program, and the libraries that it loaded. */
export function loadedFiles(syscall: Syscall, numbers: Numbers): string[] {
  const maps = openPath(syscall, numbers, "/proc/self/maps");
  const chunk = new Uint8Array(64 * 1024);
  const decoder = new TextDecoder();
  let text = "";
  for (let count; (count = syscall(numbers.read, maps, chunk, chunk.byteLength)) > 0;) {
    text += decoder.decode(chunk.subarray(0, count), { stream: true });
  }
  syscall(numbers.close, maps);
  return [...new Set(text.match(/\/.*/g))];
}

/** A text as C wants it. */
export function cString(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(`${text}\0`);
}
