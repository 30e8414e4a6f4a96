/** The transport to a guest in a child process, which can be killed, and whose memory is watched. */

import { setImmediate as nextTurn } from "node:timers/promises";
import { LineSplitter } from "../../log/line_splitter.ts";
import { PrivateSocket } from "../../private_socket.ts";
import type { ChildGuard } from "../../process_guard.ts";
import type { WireMessage } from "../wire/messages.ts";
import { fromPipe, toPipe } from "../wire/pipe_frames.ts";
import { saneWords } from "../wire/sane_text.ts";
import { SideChannel } from "../wire/side_channel.ts";
import { guestCommand, type GuestRequest } from "./guest_command.ts";
import type { GuestLink, GuestLinkEvents } from "./guest_link.ts";
import { maxLinesPerSecond } from "../guest/guest_log.ts";
import { watchMemory } from "../../memory_watch.ts";
import { PerSecond } from "./per_second.ts";
import { readThreadTimes, type ThreadTimes } from "./thread_times.ts";
import { readWallReport, reportUnwalled, reportWall } from "./wall_report.ts";

/** A message that takes longer to be taken in holds up others. */
const longMs = 10;

/** Tells one guest's socket from that of any other on this machine. */
export function guestSocketName(key: string): string {
  return `use case ${key}`;
}

/**
 * Starts a child with nothing but the permissions that were granted. `socketName`: of the socket for
 * large buffers, where its place had to be known beforehand.
 */
export function openProcessLink(
  request: GuestRequest,
  guard: ChildGuard,
  socketName: string,
  events: GuestLinkEvents,
): GuestLink {
  const socket = openSocket(guard, socketName);
  const { program, args, env, unwalled } = guestCommand(request, socket?.path ?? null);
  const child = new Deno.Command(program, {
    args: [...args],
    env,
    clearEnv: true,
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
    // Ctrl-C in a terminal is for us; we end the child ourselves.
    detached: true,
  }).spawn();
  if (unwalled !== null) reportUnwalled(unwalled, events);
  return new ProcessLink(child, socket, guard, request.memoryMb, unwalled === null, events);
}

/** Null where there is no place for it, and in a binary, whose child keeps the plugin in a Worker. */
function openSocket(guard: ChildGuard, socketName: string): PrivateSocket | null {
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
  readonly #isWalled: boolean;
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
    guard: ChildGuard,
    memoryMb: number,
    isWalled: boolean,
    events: GuestLinkEvents,
  ) {
    this.#child = child;
    this.#isWalled = isWalled;
    this.#events = events;
    this.#input = child.stdin.getWriter();
    this.#input.closed.catch(() => {});
    guard.add(child.pid);
    this.#memory = watchMemory(child.pid, memoryMb, {
      onTooMuch: (usedMb) => this.#kill(`used ${usedMb} MB of memory, allowed is ${memoryMb}`),
      onBlind: () => events.onLine("Its memory cannot be watched: neither /proc nor ps answers"),
    });
    this.#connected = this.#connect(socket);
    const readers = Promise.all([this.#listen(), this.#listenToErrors(), this.#connected]);
    this.#ended = child.status.then(async (status) => {
      guard.remove(child.pid);
      this.#memory[Symbol.dispose]();
      socket?.close();
      this.#side?.close();
      await readers;
      events.onEnd(this.#killedFor ?? describeEnd(status, this.#lastLine));
    });
  }

  post(message: WireMessage): void {
    const { onPipe, aside } = toPipe(message, this.#side !== null);
    // A write fails when the child has gone, which `status` tells.
    for (const part of onPipe) this.#input.write(part).catch(() => {});
    this.#side?.write(aside);
  }

  times(): Promise<ThreadTimes | null> {
    // What runs the plugin is the first thread.
    return readThreadTimes(this.#child.pid, this.#child.pid);
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

  /** Accepts the guest, which connects before the plugin's module runs, and no later connection. */
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
        const message = await fromPipe(readExactly, readAside, (head) => this.#events.admit(head));
        // What is left in the pipe of a killed child is of no use, and costs as much as ever.
        if (message === null || this.#killedFor !== null) return;
        const beganAtMs = performance.now();
        this.#events.onMessage(message);
        const tookMs = performance.now() - beganAtMs;
        // A guest whose messages take long must leave most of this thread to others; and reading what
        // lies there already would let nothing else run.
        if (tookMs > longMs) await this.#pause(3 * tookMs);
        else if (message.call === undefined) await nextTurn();
      }
    } catch {
      this.#kill("wrote to standard output what is no message");
    } finally {
      await reader.cancel().catch(() => {});
    }
  }

  async #listenToErrors(): Promise<void> {
    // The first line is ours, from before the plugin was there.
    let isFirst = this.#isWalled;
    const lines = new PerSecond();
    let count = 0;
    const onLine = (line: string) => {
      const report = isFirst ? readWallReport(line) : null;
      isFirst = false;
      if (report !== null) return reportWall(report, this.#events);
      if (line.trim() === "") return;
      const text = saneWords(line.trimEnd());
      if (/^error:|Fatal/.test(text)) this.#lastLine = text;
      count = lines.add();
      if (count <= maxLinesPerSecond) this.#events.onLine(text);
    };
    const splitter = new LineSplitter({ onLine });
    for await (const bytes of this.#child.stderr) {
      splitter.push(bytes);
      // Backpressure: while we do not read, the writer has to wait, so a flood costs its own process.
      if (count > maxLinesPerSecond) await this.#pause(lines.restMs);
    }
    splitter.end();
  }

  /** Ends early with the child, whose last words are few. */
  async #pause(waitMs: number): Promise<void> {
    let timer;
    await Promise.race([
      this.#child.status,
      new Promise((resolve) => timer = setTimeout(resolve, waitMs)),
    ]);
    clearTimeout(timer);
  }
}

function describeEnd({ code, signal }: Deno.CommandStatus, lastLine: string): string {
  const how = signal === null ? `ended with code ${code}` : `was ended by ${signal}`;
  return lastLine === "" ? how : `${how}: ${lastLine.replace(/^error: (Uncaught )?/, "")}`;
}
