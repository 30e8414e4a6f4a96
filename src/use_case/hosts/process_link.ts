/** A guest in a child process, which can be killed, and whose memory is watched. */

import { ownHost } from "./cache_modules.ts";
import { guestEntry } from "./guest_entry.ts";
import type { GuestLink, GuestLinkEvents } from "./guest_link.ts";
import type { ChildGuard } from "../../process_guard.ts";
import { watchMemory } from "./memory_watch.ts";
import { type Permissions, toDenoFlags } from "../permissions.ts";
import { fromPipe, toPipe } from "../wire/pipe_frames.ts";
import { readLines } from "./read_lines.ts";
import type { WireMessage } from "../wire/messages.ts";

/** How to run the child. */
export interface ProcessLinkOptions {
  readonly moduleUrl: string;
  readonly granted: Permissions;
  /** Megabytes of memory before it is killed. */
  readonly memoryMb: number;
  readonly guard: ChildGuard;
}

/** Starts a child with nothing but the permissions that were granted. */
export function openProcessLink(options: ProcessLinkOptions, events: GuestLinkEvents): GuestLink {
  const child = new Deno.Command(Deno.execPath(), {
    args: childArgs(options),
    env: childEnv(options.granted),
    clearEnv: true,
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
    // Ctrl-C in a terminal is for us; we end the child ourselves.
    detached: true,
  }).spawn();
  return new ProcessLink(child, options, events);
}

class ProcessLink implements GuestLink {
  readonly #child: Deno.ChildProcess;
  readonly #events: GuestLinkEvents;
  readonly #input: WritableStreamDefaultWriter<Uint8Array>;
  readonly #memory: Disposable;
  readonly #ended: Promise<void>;
  /** Why we killed it; null as long as we did not. */
  #killedFor: string | null = null;
  #lastLine = "";

  constructor(
    child: Deno.ChildProcess,
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
    const heard = Promise.all([this.#listen(), this.#listenToErrors()]);
    this.#ended = child.status.then(async (status) => {
      guard.remove(child.pid);
      this.#memory[Symbol.dispose]();
      await heard;
      events.onEnd(this.#killedFor ?? describeEnd(status, this.#lastLine));
    });
  }

  post(message: WireMessage): void {
    // A write fails when the child has gone, which `status` tells.
    for (const part of toPipe(message)) this.#input.write(part).catch(() => {});
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

  async #listen(): Promise<void> {
    const reader = this.#child.stdout.getReader({ mode: "byob" });
    const readExactly = async (byteLength: number) => {
      if (byteLength === 0) return new Uint8Array();
      const { value } = await reader.read(new Uint8Array(byteLength), { min: byteLength });
      return value?.byteLength === byteLength ? value : null;
    };
    try {
      for (;;) {
        const message = await fromPipe(readExactly);
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
    for await (const line of readLines(this.#child.stderr)) {
      if (/^error:|Fatal/.test(line)) this.#lastLine = line;
      this.#events.onLine(line);
    }
  }
}

function childArgs({ moduleUrl, granted, memoryMb }: ProcessLinkOptions): string[] {
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
  return [
    ...["run", "--quiet", "--no-prompt", "--no-config", "--no-lock", "--no-npm", "--cached-only"],
    ...[...imports, `--v8-flags=--max-old-space-size=${memoryMb}`],
    ...toDenoFlags(granted),
    guestEntry(guest, moduleUrl),
  ];
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
