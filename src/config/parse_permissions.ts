/** `net=example.com,read=./zones.json`: what a plugin may do. */

import type { Permissions } from "./resolved.ts";
import { SettingError } from "../settings/setting.ts";

const KINDS = ["net", "read", "write", "env", "sys", "run", "ffi"];

/** What is allowed, in words. */
export const PERMISSIONS_ALLOWED = "KIND=VALUE,…, KIND one of net, read, write, env, sys, run, ffi";

/**
 * A value without a kind goes with the kind before it (`net=a,b`); `*` stands for everything. A path
 * that holds a comma cannot be granted, its directory can.
 */
export function parsePermissions(text: string): Permissions {
  const granted: Record<string, true | string[]> = {};
  let kind: string | undefined;
  for (const part of text.split(",")) {
    const [, newKind, rest] = /^([a-z]+)=(.*)$/s.exec(part) ?? [];
    if (newKind !== undefined) kind = newKind;
    const value = rest ?? part;
    if (kind === undefined) throw new SettingError();
    if (!KINDS.includes(kind)) {
      throw new SettingError(`${kind} is no kind of permission, must be ${KINDS.join(", ")}`);
    }
    if (value === "") throw new SettingError(`grants no ${kind}, ${kind}=* grants all of it`);
    const before = granted[kind];
    if (value === "*" || before === true) granted[kind] = true;
    else granted[kind] = [...before ?? [], value];
  }
  return granted;
}

/** All of several grants. */
export function joinPermissions(grants: readonly Permissions[]): Permissions {
  const joined: Record<string, true | readonly string[]> = {};
  for (const grant of grants) {
    for (const [kind, values] of Object.entries(grant)) {
      const before = joined[kind] ?? [];
      joined[kind] = values === true || before === true ? true : [...before, ...values];
    }
  }
  return joined;
}
