/** The command line and environment of a plugin's process. */

import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { assetUrl } from "../../assets.ts";
import { findMissing, permissionKinds, type Permissions, toDenoFlags } from "../permissions.ts";
import type { LaunchOrder } from "../wall/order.ts";
import { findReach } from "../wall/reach.ts";
import { ownHost } from "./cache_modules.ts";
import { guestEntry } from "./guest_entry.ts";
import { ownDenoDir } from "./own_deno_dir.ts";

/** What a child is started for. */
export interface GuestRequest {
  readonly moduleUrl: string;
  /** Every module of the plugin on this machine, as paths. */
  readonly moduleFiles: readonly string[];
  readonly granted: Permissions;
  /** Megabytes of memory before it is killed. */
  readonly memoryMb: number;
}

/** A program with its arguments, and all of its environment. */
export interface GuestCommand {
  readonly program: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Why none of the kernel's walls stands around it; null when launch.ts raises them, and tells. */
  readonly unwalled: string | null;
}

/** A path that cannot be created, whatever the rights: so Deno finds no place to keep anything. */
const nowhere = "/dev/null/nowhere";

/** So much is writable in a Deno that has nothing to do, most of it reserved and never touched. */
const idleDataMb = 1024;

/** `socket` is the path of the way for large buffers, if there is one. */
export function guestCommand(request: GuestRequest, socket: string | null): GuestCommand {
  const { moduleUrl, granted, memoryMb } = request;
  const program = Deno.execPath();
  // A compiled binary is no Deno: it takes the plugin into a Worker of its own, see plugin_child.ts.
  if (Deno.build.standalone) {
    const args = ["plugin_child", moduleUrl, JSON.stringify(granted), String(memoryMb)];
    return { program, args, env: guestEnv(granted), unwalled: "a compiled binary has no other" };
  }
  const args = guestArgs(request, socket);
  if (Deno.build.os !== "linux") {
    const unwalled = `of ${Deno.build.os} Sightline knows no other`;
    return { program, args, env: guestEnv(granted), unwalled };
  }
  const denoDir = ownDenoDir();
  const order: LaunchOrder = {
    ...{ program, args, env: guestEnv(granted), dataMb: memoryMb + idleDataMb },
    envBehindLandlock: denoDir === null ? {} : { DENO_DIR: denoDir },
    // What they start would be behind the wall too, and could do next to nothing.
    reach: granted.run || granted.ffi ? null : findReach(granted, [
      ...request.moduleFiles,
      ...ownHost === null ? [fileURLToPath(assetUrl("src/"))] : [],
      // What Deno transpiled and fetched, and none of what programs keep beside it.
      ...denoDir === null ? [] : ["gen", "remote"].map((name) => join(denoDir, name)),
    ]),
  };
  const launcher = new URL("../wall/launch.ts", import.meta.url).href;
  return {
    program,
    args: ["run", ...alone, ...imports(), "--allow-ffi", launcher, JSON.stringify(order)],
    env: { ...guestEnv({}), ...denoDir === null ? {} : { DENO_DIR: denoDir } },
    unwalled: null,
  };
}

/** Nothing is looked up, asked, fetched or written. */
const alone = [
  ...["--quiet", "--no-prompt", "--no-config", "--no-lock", "--no-npm", "--cached-only"],
];

function guestArgs(
  { moduleUrl, granted, memoryMb }: GuestRequest,
  socket: string | null,
): string[] {
  const guest = new URL("../guest/process_guest.ts", import.meta.url).href;
  // Given back before the plugin runs.
  const extra = socket === null
    ? {}
    : findMissing({ net: [`unix:${socket}`], read: [socket], write: [socket] }, granted);
  // V8 itself refuses to make code of text.
  const engine = `--max-old-space-size=${memoryMb},--disallow-code-generation-from-strings`;
  return [
    ...["run", ...alone, "--no-code-cache", ...imports(), `--v8-flags=${engine}`],
    ...toDenoFlags(add(granted, extra)),
    guestEntry(guest, moduleUrl),
    ...socket === null ? [] : [socket, ...Object.keys(extra)],
  ];
}

/**
 * A child of a Sightline that was itself started by URL finds its modules in Deno's cache, and with
 * --cached-only nothing but what is there already.
 */
function imports(): string[] {
  return ownHost === null ? ["--no-remote", "--deny-import"] : [`--allow-import=${ownHost}`];
}

function add(granted: Permissions, extra: Permissions): Permissions {
  const sum: Record<string, true | readonly string[]> = { ...granted };
  for (const kind of permissionKinds) {
    const [before = [], more] = [sum[kind], extra[kind]];
    if (more === undefined) continue;
    sum[kind] = before === true || more === true ? true : [...before, ...more];
  }
  return sum;
}

/** What the operator granted, and no place or device to keep anything; nothing is inherited. */
function guestEnv({ env = [] }: Permissions): Record<string, string> {
  const values: Record<string, string> = {};
  // Without the first Windows opens no socket.
  const names = env === true ? Object.keys(Deno.env.toObject()) : env;
  for (const name of ["SystemRoot", ...names]) {
    const value = Deno.env.get(name);
    if (value !== undefined) values[name] = value;
  }
  return {
    ...values,
    ...{ NO_COLOR: "1", DENO_NO_UPDATE_CHECK: "1", DENO_NO_PACKAGE_JSON: "1" },
    // A GPU is opened without a permission.
    ...{ DENO_WEBGPU_BACKEND: "none", TMPDIR: nowhere },
    // Where ours come from the web they lie there, and Deno has no way to read without writing.
    DENO_DIR: (ownHost === null ? null : ownDenoDir()) ?? nowhere,
  };
}
