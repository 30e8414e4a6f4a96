/** Permissions of a plugin: none, except for those that the operator grants. */

import { resolve } from "node:path";
import { SettingError } from "../settings/setting.ts";

/** Every kind that can be asked for and granted. */
export const permissionKinds = ["net", "read", "write", "env", "sys", "run", "ffi"] as const;

/** One kind of access. */
export type PermissionKind = typeof permissionKinds[number];

/** Access for a plugin: `true` = everything of a kind, otherwise hosts, paths or names. */
export type Permissions = { readonly [Kind in PermissionKind]?: true | readonly string[] };

/**
 * Reads `net=example.com,read=./zones.json`. A value without a kind goes with the kind before it
 * (`net=a,b`); `*` stands for everything. A path that holds a comma cannot be granted, its directory can.
 */
export function parsePermissions(text: string): Permissions {
  const granted: Record<string, true | string[]> = {};
  let kind: string | undefined;
  for (const part of text.split(",")) {
    const [, newKind, rest] = /^([a-z]+)=(.*)$/s.exec(part) ?? [];
    if (newKind !== undefined) kind = newKind;
    const value = rest ?? part;
    if (kind === undefined) throw new SettingError();
    if (!permissionKinds.some((known) => known === kind)) {
      throw new SettingError(
        `${kind} is no kind of permission, must be ${permissionKinds.join(", ")}`,
      );
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

/** For the `deno` option of a Worker: named one by one, since what is omitted may be inherited. */
export function toWorkerPermissions(granted: Permissions): Deno.PermissionOptionsObject {
  const options: Record<string, boolean | string[]> = { import: false };
  for (const kind of permissionKinds) {
    const value = granted[kind] ?? false;
    options[kind] = typeof value === "boolean" ? value : value.map((one) => absolute(kind, one));
  }
  return options;
}

/** For the command line of a child. */
export function toDenoFlags(granted: Permissions): string[] {
  return permissionKinds.flatMap((kind) => {
    const value = granted[kind];
    if (value === undefined) return [];
    if (value === true) return [`--allow-${kind}`];
    // Deno reads a comma that stands twice as one within a value: the working directory may hold one.
    const values = value.map((one) => absolute(kind, one).replaceAll(",", ",,"));
    return [`--allow-${kind}=${values.join()}`];
  });
}

/** The part of what is asked for that is not granted. */
export function findMissing(asked: Permissions, granted: Permissions): Permissions {
  return subtract(asked, granted);
}

/** The part of what is granted that was not requested. */
export function findIdle(asked: Permissions, granted: Permissions): Permissions {
  return subtract(granted, asked);
}

/** As the operator writes it: `net=example.com,read=./zones.json`. */
export function describePermissions(permissions: Permissions): string {
  return permissionKinds.flatMap((kind) => {
    const value = permissions[kind];
    if (value === undefined) return [];
    return value === true ? [`${kind}=*`] : [`${kind}=${value.join()}`];
  }).join();
}

/** One of the two tells all of a kind, or lists what it covers. */
function subtract(from: Permissions, other: Permissions): Permissions {
  const left: Partial<Record<PermissionKind, true | readonly string[]>> = {};
  for (const kind of permissionKinds) {
    const wanted = from[kind];
    const covering = other[kind] ?? [];
    if (wanted === undefined || covering === true) continue;
    if (wanted === true) {
      left[kind] = true;
      continue;
    }
    const rest = wanted.filter((one) => !covering.some((cover) => covers(kind, cover, one)));
    if (rest.length > 0) left[kind] = rest;
  }
  return left;
}

function covers(kind: PermissionKind, cover: string, one: string): boolean {
  if (kind === "read" || kind === "write") {
    const [outer, inner] = [absolute(kind, cover), absolute(kind, one)];
    return inner === outer || inner.startsWith(outer.replace(/\/?$/, "/"));
  }
  // A host without a port stands for all of its ports.
  return one === cover || (kind === "net" && one.replace(/:\d+$/, "") === cover);
}

/** Paths are taken from the working directory, in a plugin's wish as on the command line. */
function absolute(kind: PermissionKind, value: string): string {
  return kind === "read" || kind === "write" ? resolve(value) : value;
}
