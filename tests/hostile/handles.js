/**
 * Tries to reach what is open already, or what prints, stores or runs without asking for a
 * permission. `options` names one attempt; what the attempt returns has got out.
 */

import dgram from "node:dgram";
import { createRequire } from "node:module";
import net from "node:net";
import process, { argv } from "node:process";
import tty from "node:tty";
import v8 from "node:v8";
import { WASI } from "node:wasi";

const soon = (use) => new Promise((resolve, reject) => use(resolve, reject));

/** Writes through whatever the number belongs to. */
function takeOver(fd) {
  return soon((resolve, reject) => {
    const socket = new net.Socket({ fd });
    socket.on("error", reject);
    socket.write("ESCAPED\n", () => resolve("written"));
  });
}

/** Counts the pipes and sockets of the process that let themselves be taken over. */
function countOpen() {
  let open = 0;
  let refusal;
  for (let fd = 0; fd < 64; fd++) {
    try {
      new net.Socket({ fd, readable: false }).unref();
      open++;
    } catch (error) {
      if (/A use case/.test(error.message)) refusal = error;
    }
  }
  if (open > 0) return `${open} handles`;
  throw refusal;
}

const internals = () => Deno[Deno.internal] ?? Deno[Symbol.for("Deno.internal")];

function requireInternals() {
  const found = internals();
  if (found === undefined) throw new Error("A use case cannot have them");
  return found.core;
}

/** A module of WebAssembly that exports nothing but its memory. */
const emptyModule = Uint8Array.of(
  ...[0, 97, 115, 109, 1, 0, 0, 0, 5, 3, 1, 0, 1, 7, 10, 1, 6, 109, 101, 109, 111, 114, 121, 2, 0],
);

function startWasm(method) {
  const wasi = new WASI({ version: "preview1", stdout: 1 });
  const instance = new WebAssembly.Instance(new WebAssembly.Module(emptyModule));
  wasi[method](instance);
  return wasi.wasiImport.fd_write(1, 0, 0, 8);
}

/** What is known of the command line, with which a process was also told how to reach its host. */
function knownArguments() {
  const known = [Deno.args, argv, process.argv, process.execArgv].flatMap((list) => [...list]);
  if (known.length > 0) return known.join();
  throw new Error("A use case cannot know");
}

export const attempts = {
  commandLine: knownArguments,
  socketOfStandardOutput: () => takeOver(1),
  socketOfAnyNumber: countOpen,
  serverOfNumber: () =>
    soon((resolve, reject) =>
      net.createServer().on("error", reject).listen({ fd: 0 }, () => resolve("listening"))
    ),
  datagramOfNumber: () =>
    soon((resolve, reject) =>
      dgram.createSocket("udp4").on("error", reject).bind({ fd: 0 }, () => resolve("bound"))
    ),
  terminalOut: () => new tty.WriteStream(1).write("ESCAPED\n"),
  terminalIn: () => new tty.ReadStream(0).read(),
  binding: () => process.binding("pipe_wrap").Pipe.name,
  bindingByGlobal: () => globalThis.process.getBuiltinModule("node:process").binding("fs"),
  linkedBinding: () => process._linkedBinding("fs"),
  internalsPrint: () => requireInternals().print("ESCAPED\n") ?? "printed",
  internalsRunText: () => requireInternals().evalContext("1 + 1", "file:///x.js"),
  internalsResources: () => JSON.stringify(requireInternals().resources()),
  systemInterface: () => startWasm("start"),
  systemInterfaceReactor: () => startWasm("initialize"),
  engineFlags: () => v8.setFlagsFromString("--allow-natives-syntax") ?? "set",
  rawDebug: () => process._rawDebug("ESCAPED") ?? "printed",
  killByOtherName: () => process._kill(process.pid, 9),
  caches: () => caches.open("escape").then(() => "opened"),
  localStorage: () => localStorage.setItem("escape", "1") ?? "stored",
  graphics: () =>
    navigator.gpu?.requestAdapter() ?? Promise.reject(new Error("A use case cannot have it")),
  alert: () => alert("ESCAPED") ?? "shown",
  require: () => createRequire("file:///x.js")("node:net"),
};

export default (given) => ({
  postprocess: async () => ({ data: { escaped: String(await attempts[given.attempt]()) } }),
});
