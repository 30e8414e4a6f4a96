/** The permissions that components say they need, added up. */

import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { fixedSocketPath } from "../private_socket.ts";

/** Values of each kind of permission; `true` where Deno cannot be told less. */
export class Needs {
  readonly values = new Map<string, Set<string> | true>();
  /** Where Sightline's own files lie. */
  readonly root: URL;

  constructor(root: URL) {
    this.root = root;
  }

  add(kind: string, ...values: string[]): void {
    const before = this.values.get(kind) ?? new Set();
    if (before === true) return;
    for (const value of values) before.add(value);
    this.values.set(kind, before);
  }

  all(kind: string): void {
    this.values.set(kind, true);
  }

  /** A socket that we make, in the folder of temporary files. */
  socket(name: string): void {
    const path = fixedSocketPath(name);
    this.add("net", `unix:${path}`);
    this.add("read", dirname(path));
    this.add("write", dirname(path));
    this.add("env", "TMPDIR", "TMP", "TEMP");
  }

  /** A package with a native library. */
  package(name: string): void {
    const folder = packageFolder(name);
    if (folder === null) return this.all("ffi");
    this.add("ffi", folder);
    // Where the library does not fit this machine, imagescript reads a module of WebAssembly.
    if (name === "imagescript") this.add("read", folder);
  }

  /** A file of a URL, on this machine or on the web. */
  readFile(url: string): void {
    if (url.startsWith("file:")) this.add("read", fileURLToPath(url));
    else this.host(url);
  }

  /** The host of a URL, at the port of its protocol where it names none. */
  host(url: string | URL, kind = "net"): void {
    const { hostname, port, protocol } = new URL(url);
    this.add(kind, `${hostname}:${port || (/^(https|grpcs):$/.test(protocol) ? 443 : 80)}`);
  }
}

/** Where Deno keeps a package, native library included; null when it does not tell a module of the web. */
function packageFolder(name: string): string | null {
  const url = import.meta.resolve(name);
  if (!url.startsWith("file:")) return null;
  const entry = fileURLToPath(url);
  const [folder] = new RegExp(`^.*[/\\\\]${name}[/\\\\][^/\\\\]+`).exec(entry) ?? [dirname(entry)];
  return folder;
}
