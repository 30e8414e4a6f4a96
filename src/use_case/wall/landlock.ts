/** Landlock: the kernel lets a process open only listed files. */

import { common, type Numbers, openPath, type Syscall } from "./linux.ts";
import type { Reach } from "./order.ts";

const execute = 1n << 0n;
const writeFile = 1n << 1n;
const readFile = 1n << 2n;
const readDir = 1n << 3n;
const truncate = 1n << 14n;
const ioctl = 1n << 15n;
const ofFiles = execute | writeFile | readFile | truncate | ioctl;

/** Rights by the version of Landlock that brought them. */
const rightsUntil: readonly bigint[] = [0n, 13n, 14n, 15n, 15n, 16n];

/** Which version the kernel has; 0 for none. */
export function landlockVersion(syscall: Syscall): number {
  return Math.max(0, syscall(common.landlockCreateRuleset, 0, 0, 1));
}

/**
 * Leaves this thread, and what comes of it, with this reach and these programs. False when the kernel
 * does not. `no_new_privs` has to be set before.
 */
export function applyLandlock(
  syscall: Syscall,
  numbers: Numbers,
  version: number,
  reach: Reach,
  programs: readonly string[],
): boolean {
  const all = (1n << rightsUntil[Math.min(version, rightsUntil.length - 1)]!) - 1n;
  // handled_access_fs, handled_access_net, scoped: abstract sockets and signals of others.
  const attributes = BigUint64Array.of(
    all,
    version >= 4 && !reach.net ? 3n : 0n,
    version >= 6 ? 3n : 0n,
  );
  const ruleset = syscall(common.landlockCreateRuleset, attributes, attributes.byteLength, 0);
  if (ruleset < 0) return false;
  const allow = (path: string, rights: bigint) => {
    const file = openPath(syscall, numbers, path, oPath);
    if (file < 0) return false;
    const rule = new DataView(new ArrayBuffer(12));
    rule.setInt32(8, file, true);
    // A directory takes all rights, a file only those of files.
    for (const wanted of [rights & all, rights & all & ofFiles]) {
      rule.setBigUint64(0, wanted, true);
      if (syscall(common.landlockAddRule, ruleset, 1, rule, 0) === 0) break;
    }
    syscall(numbers.close, file);
    return true;
  };
  for (const path of reach.read) allow(path, readFile | readDir);
  for (const path of programs) allow(path, execute | readFile);
  for (const path of reach.write) {
    // Who may make a file needs the folder that it will lie in; Deno lets nothing else be made there.
    let folder = path;
    while (!allow(folder, all & ~(execute | readFile | readDir)) && folder !== "/") {
      folder = folder.replace(/\/[^/]*$/, "") || "/";
    }
  }
  return syscall(common.landlockRestrictSelf, ruleset, 0) === 0;
}

const oPath = 0o10000000;
