/** Permissions of a plugin: none, except for those that the operator grants. */

import { resolve } from "node:path";
import type { Permissions } from "../config/resolved.ts";

export type { Permissions } from "../config/resolved.ts";

/** One kind of access. */
export type PermissionKind = keyof Permissions;

/** Every kind that can be asked for and granted. */
export const permissionKinds = ["net", "read", "write", "env", "sys", "run", "ffi"] as const;

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
