/** seccomp: the kernel refuses system calls that a plugin's process never needs. */

import { common, type Numbers } from "./linux.ts";

const loadWord = 0x20;
const jumpIfEqual = 0x15;
const jumpIfAtLeast = 0x35;
const jumpIfSet = 0x45;
const giveBack = 0x06;

const allow = 0x7fff0000;
const kill = 0x80000000;
const refuse = (errno: number) => 0x00050000 | errno;
const eperm = 1;
const eacces = 13;
const enosys = 38;

const numberAt = 0;
const archAt = 4;
const firstArgAt = 16;

const afUnix = 1;
const cloneThread = 0x00010000;

/** One instruction of the kernel's filter machine; jumps count the instructions that are left out. */
type Step = readonly [code: number, whenTrue: number, whenFalse: number, value: number];

/**
 * The filter, as the kernel takes it: `struct sock_filter` one after the other. No process is
 * started, none but the own one gets a signal, no socket leaves the machine; and what reaches into
 * other processes, outlives this one, or opens much of the kernel, is refused. All else is allowed,
 * since which calls V8 and Deno make changes with each version. With `net`, sockets of the network
 * are for Deno's permissions alone.
 */
export function filterProgram(
  numbers: Numbers,
  { pid, net }: { readonly pid: number; readonly net: boolean },
): Uint8Array<ArrayBuffer> {
  const steps: Step[] = [
    [loadWord, 0, 0, archAt],
    [jumpIfEqual, 1, 0, numbers.auditArch],
    [giveBack, 0, 0, kill],
    [loadWord, 0, 0, numberAt],
    // The second set of numbers that x86_64 has, which no program of today uses.
    [jumpIfAtLeast, 0, 1, 0x40000000],
    [giveBack, 0, 0, refuse(eperm)],
    ...numbers.refused.flatMap((number) => when(number, [[giveBack, 0, 0, refuse(eperm)]])),
    // Its flags lie in memory, which a filter cannot read: glibc falls back to clone.
    ...when(common.clone3, [[giveBack, 0, 0, refuse(enosys)]]),
    ...when(numbers.clone, [
      [loadWord, 0, 0, firstArgAt],
      [jumpIfSet, 1, 0, cloneThread],
      [giveBack, 0, 0, refuse(eperm)],
      [giveBack, 0, 0, allow],
    ]),
    // Limits of its own, which Deno reads, are asked for without a number.
    ...when(numbers.prlimit64, onlyWith(0, eperm)),
    ...numbers.signals.flatMap((number) => when(number, onlyWith(pid, eperm))),
    ...net ? [] : when(numbers.socket, onlyWith(afUnix, eacces)),
    [giveBack, 0, 0, allow],
  ];
  const program = new DataView(new ArrayBuffer(steps.length * 8));
  for (const [index, [code, whenTrue, whenFalse, value]] of steps.entries()) {
    program.setUint16(index * 8, code, true);
    program.setUint8(index * 8 + 2, whenTrue);
    program.setUint8(index * 8 + 3, whenFalse);
    program.setUint32(index * 8 + 4, value, true);
  }
  return new Uint8Array(program.buffer);
}

/** The steps for one call; each way through them ends. */
function when(number: number, steps: readonly Step[]): Step[] {
  return [[jumpIfEqual, 0, steps.length, number], ...steps];
}

/** Allowed with this first argument, refused with any other. */
function onlyWith(first: number, errno: number): Step[] {
  return [
    [loadWord, 0, 0, firstArgAt],
    [jumpIfEqual, 1, 0, first],
    [giveBack, 0, 0, refuse(errno)],
    [giveBack, 0, 0, allow],
  ];
}
