/** The files that the kernel lets a plugin's process open, derived from its permissions. */

import { resolve } from "node:path";
import type { Permissions } from "../permissions.ts";
import type { Reach } from "./order.ts";

/** What the C library opens to resolve a host name, a user or the time zone. */
const names = [
  ...["/lib", "/lib64", "/usr/lib", "/usr/lib64", "/run/systemd/resolve", "/etc/ssl"],
  ...["hosts", "resolv.conf", "nsswitch.conf", "host.conf", "gai.conf", "services", "protocols"]
    .map((name) => `/etc/${name}`),
  ...["/etc/passwd", "/etc/group"],
];
/** What Deno opens whatever it runs; of the last it learns where its own stack ends. */
const always = [
  ...["/etc/ld.so.cache", "/etc/localtime", "/usr/share/zoneinfo", "/dev/urandom"],
  "/proc/self/maps",
];

/** `files` are those that the process itself is made of. */
export function findReach(granted: Permissions, files: readonly string[]): Reach {
  const { read = [], write = [], net, sys } = granted;
  return {
    read: [
      ...files,
      ...always,
      ...net || sys ? names : [],
      ...sys ? ["/proc", "/sys", "/etc/os-release"] : [],
      ...read === true ? ["/"] : read.map((path) => resolve(path)),
    ],
    write: write === true ? ["/"] : write.map((path) => resolve(path)),
    // Interfaces are asked of the kernel through a socket.
    net: net !== undefined || sys !== undefined,
  };
}
