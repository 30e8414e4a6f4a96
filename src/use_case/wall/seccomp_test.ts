import assert from "node:assert/strict";
import { common, type Numbers, numbersByArch } from "./linux.ts";
import { filterProgram } from "./seccomp.ts";

const allow = 0x7fff0000;
const kill = 0x80000000;
const error = (errno: number) => 0x00050000 | errno;

/** Runs the filter as the kernel does; resolves to what it gives back. */
function judge(
  program: Uint8Array<ArrayBuffer>,
  call: { readonly arch: number; readonly number: number; readonly first?: number },
): number {
  const steps = new DataView(program.buffer);
  const data = new Map([[0, call.number], [4, call.arch], [16, call.first ?? 0]]);
  let loaded = 0;
  for (let step = 0;; step++) {
    const value = steps.getUint32(step * 8 + 4, true);
    const jump = (is: boolean) => step += steps.getUint8(step * 8 + (is ? 2 : 3));
    switch (steps.getUint16(step * 8, true)) {
      case 0x20:
        loaded = data.get(value)!;
        break;
      case 0x15:
        jump(loaded === value);
        break;
      case 0x35:
        jump(loaded >= value);
        break;
      case 0x45:
        jump((loaded & value) !== 0);
        break;
      case 0x06:
        return value;
      default:
        throw new Error(`Unknown step ${step}`);
    }
  }
}

for (const [name, numbers] of Object.entries(numbersByArch)) {
  const { auditArch: arch, signals, refused, socket, clone, openat, prlimit64 } =
    numbers as Numbers;
  const filter = filterProgram(numbers, { pid: 7, net: false });

  Deno.test(`filterProgram() on ${name} lets a process alone do what concerns itself`, () => {
    assert.equal(judge(filter, { arch, number: openat }), allow);
    assert.equal(judge(filter, { arch, number: socket, first: 1 }), allow);
    assert.equal(judge(filter, { arch, number: clone, first: 0x00010f00 }), allow);
    assert.equal(judge(filter, { arch, number: prlimit64 }), allow);
    for (const number of signals) assert.equal(judge(filter, { arch, number, first: 7 }), allow);
  });

  Deno.test(`filterProgram() on ${name} refuses processes, signals to others and the network`, () => {
    for (const number of refused) assert.equal(judge(filter, { arch, number }), error(1));
    for (const number of signals) {
      for (const first of [0, 1, 6, 0xffffffff]) {
        assert.equal(judge(filter, { arch, number, first }), error(1));
      }
    }
    // IPv4, IPv6, netlink, packets, a virtual machine's host.
    for (const first of [2, 10, 16, 17, 40]) {
      assert.equal(judge(filter, { arch, number: socket, first }), error(13));
    }
    assert.equal(judge(filter, { arch, number: clone, first: 17 }), error(1));
    assert.equal(judge(filter, { arch, number: prlimit64, first: 6 }), error(1));
    assert.equal(judge(filter, { arch, number: common.clone3 }), error(38));
  });

  Deno.test(`filterProgram() on ${name} leaves sockets to Deno where connections are granted`, () => {
    const open = filterProgram(numbers, { pid: 7, net: true });
    assert.equal(judge(open, { arch, number: socket, first: 2 }), allow);
    assert.equal(judge(open, { arch, number: clone, first: 17 }), error(1));
  });

  Deno.test(`filterProgram() on ${name} ends what speaks with the numbers of another processor`, () => {
    assert.equal(judge(filter, { arch: 0x40000003, number: openat }), kill);
    assert.equal(judge(filter, { arch, number: 0x40000000 + openat }), error(1));
  });
}
