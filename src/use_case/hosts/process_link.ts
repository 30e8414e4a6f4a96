/** A guest in a child process, which can be killed, and whose memory is watched. */

import { LineSplitter } from "../../log/line_splitter.ts";
import { PrivateSocket } from "../../private_socket.ts";
import type { ChildGuard } from "../../process_guard.ts";
import { findMissing, type Permissions, toDenoFlags } from "../permissions.ts";
import type { WireMessage } from "../wire/messages.ts";
import { fromPipe, toPipe } from "../wire/pipe_frames.ts";
import { saneText } from "../wire/sane_text.ts";
import { SideChannel } from "../wire/side_channel.ts";
import { ownHost } from "./cache_modules.ts";
import { guestEntry } from "./guest_entry.ts";
import type { GuestLink, GuestLinkEvents } from "./guest_link.ts";
import { watchMemory } from "./memory_watch.ts";

/** How to run the child. */
export interface ProcessLinkOptions {
  readonly moduleUrl: string;
  readonly granted: Permissions;
  /** Megabytes of memory before it is killed. */
  readonly memoryMb: number;
  readonly guard: ChildGuard;
  /** Of the socket for large buffers, where its place had to be known beforehand. */
  readonly socketName: string;
}

/** Tells one guest's socket from that of any other on this machine. */
export function guestSocketName(key: string): string {
  return `use case ${key}`;
}

/** Starts a child with nothing but the permissions that were granted. */
export function openProcessLink(options: ProcessLinkOptions, events: GuestLinkEvents): GuestLink {
  const socket = openSocket(options);
  const child = new Deno.Command(Deno.execPath(), {
    args: childArgs(options, socket?.path ?? null),
    env: childEnv(options.granted),
    clearEnv: true,
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
    // Ctrl-C in a terminal is for us; we end the child ourselves.
    detached: true,
  }).spawn();
  return new ProcessLink(child, socket, options, events);
}

/** Null where there is no place for it, and in a binary, whose child keeps the plugin in a Worker. */
function openSocket({ guard, socketName }: ProcessLinkOptions): PrivateSocket | null {
  if (Deno.build.standalone) return null;
  try {
    return PrivateSocket.open(guard, socketName);
  } catch {
    // The pipes do as well, only slower.
    return null;
  }
}

class ProcessLink implements GuestLink {
  readonly #child: Deno.ChildProcess;
  readonly #events: GuestLinkEvents;
  readonly #input: WritableStreamDefaultWriter<Uint8Array>;
  readonly #memory: Disposable;
  readonly #ended: Promise<void>;
  readonly #connected: Promise<SideChannel | null>;
  #side: SideChannel | null = null;
  /** Why we killed it; null as long as we did not. */
  #killedFor: string | null = null;
  #lastLine = "";

  constructor(
    child: Deno.ChildProcess,
    socket: PrivateSocket | null,
    { guard, memoryMb }: ProcessLinkOptions,
    events: GuestLinkEvents,
  ) {
    this.#child = child;
    this.#events = events;
    this.#input = child.stdin.getWriter();
    this.#input.closed.catch(() => {});
    guard.add(child.pid);
    this.#memory = watchMemory(child.pid, memoryMb, {
      onTooMuch: (usedMb) => this.#kill(`used ${usedMb} MB of memory, allowed is ${memoryMb}`),
      onBlind: () => events.onLine("Its memory cannot be watched: neither /proc nor ps answers"),
    });
    this.#connected = this.#connect(socket);
    const heard = Promise.all([this.#listen(), this.#listenToErrors(), this.#connected]);
    this.#ended = child.status.then(async (status) => {
      guard.remove(child.pid);
      this.#memory[Symbol.dispose]();
      socket?.close();
      this.#side?.close();
      await heard;
      events.onEnd(this.#killedFor ?? describeEnd(status, this.#lastLine));
    });
  }

  post(message: WireMessage): void {
    const { onPipe, aside } = toPipe(message, this.#side !== null);
    // A write fails when the child has gone, which `status` tells.
    for (const part of onPipe) this.#input.write(part).catch(() => {});
    this.#side?.write(aside);
  }

  async kill(): Promise<void> {
    this.#kill("was ended");
    await this.#ended;
  }

  #kill(reason: string): void {
    this.#killedFor ??= reason;
    try {
      this.#child.kill("SIGKILL");
    } catch {
      // It has ended already.
    }
    this.#input.abort().catch(() => {});
  }

  /** Waits for the guest, which comes before the plugin's module runs, and for nobody after it. */
  async #connect(socket: PrivateSocket | null): Promise<SideChannel | null> {
    if (socket === null) return null;
    await using _socket = socket;
    const connection = await socket.accept();
    return this.#side = connection && new SideChannel(connection);
  }

  async #listen(): Promise<void> {
    const reader = this.#child.stdout.getReader({ mode: "byob" });
    const readExactly = async (byteLength: number) => {
      if (byteLength === 0) return new Uint8Array();
      const { value } = await reader.read(new Uint8Array(byteLength), { min: byteLength });
      return value?.byteLength === byteLength ? value : null;
    };
    const readAside = async (byteLength: number) =>
      await (await this.#connected)?.read(byteLength, true) ?? null;
    try {
      for (;;) {
        const message = await fromPipe(readExactly, readAside);
        if (message === null) return;
        this.#events.onMessage(message);
      }
    } catch {
      this.#kill("wrote to standard output what is no message");
    } finally {
      await reader.cancel().catch(() => {});
    }
  }

  async #listenToErrors(): Promise<void> {
    const onLine = (line: string) => {
      if (line.trim() === "") return;
      const text = saneText(line.trimEnd());
      if (/^error:|Fatal/.test(text)) this.#lastLine = text;
      this.#events.onLine(text);
    };
    const splitter = new LineSplitter({ onLine });
    for await (const bytes of this.#child.stderr) splitter.push(bytes);
    splitter.end();
  }
}

function childArgs(
  { moduleUrl, granted, memoryMb }: ProcessLinkOptions,
  socket: string | null,
): string[] {
  // A compiled binary is no Deno: it takes the plugin into a Worker of its own, see plugin_child.ts.
  if (Deno.build.standalone) {
    return ["plugin_child", moduleUrl, JSON.stringify(granted), String(memoryMb)];
  }
  const guest = new URL("../guest/process_guest.ts", import.meta.url).href;
  // A child of a Sightline that was itself started by URL finds its modules in Deno's cache, and
  // with --cached-only nothing but what is there already.
  const imports = ownHost === null
    ? ["--no-remote", "--deny-import"]
    : [`--allow-import=${ownHost}`];
  // Given back before the plugin runs.
  const extra = socket === null
    ? {}
    : findMissing({ net: [`unix:${socket}`], read: [socket], write: [socket] }, granted);
  return [
    ...["run", "--quiet", "--no-prompt", "--no-config", "--no-lock", "--no-npm", "--cached-only"],
    ...[...imports, `--v8-flags=--max-old-space-size=${memoryMb}`],
    ...toDenoFlags(add(granted, extra)),
    guestEntry(guest, moduleUrl),
    ...socket === null ? [] : [socket, ...Object.keys(extra)],
  ];
}

function add(granted: Permissions, extra: Permissions): Permissions {
  const sum: Record<string, true | readonly string[]> = { ...granted };
  for (const [kind, values] of Object.entries(extra)) {
    const before = sum[kind] ?? [];
    sum[kind] = before === true || values === true ? true : [...before, ...values];
  }
  return sum;
}

/** What Deno needs to find its cache, and what the operator granted; nothing else is inherited. */
function childEnv({ env = [] }: Permissions): Record<string, string> {
  const names = env === true ? Object.keys(Deno.env.toObject()) : env;
  const passed = ["DENO_DIR", "HOME", "XDG_CACHE_HOME", "LOCALAPPDATA", "SystemRoot", ...names];
  const values: Record<string, string> = { NO_COLOR: "1", DENO_NO_UPDATE_CHECK: "1" };
  for (const name of passed) {
    const value = Deno.env.get(name);
    if (value !== undefined) values[name] = value;
  }
  return values;
}

function describeEnd({ code, signal }: Deno.CommandStatus, lastLine: string): string {
  const how = signal === null ? `ended with code ${code}` : `was ended by ${signal}`;
  return lastLine === "" ? how : `${how}: ${lastLine.replace(/^error: (Uncaught )?/, "")}`;
}
