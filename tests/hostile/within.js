/**
 * Tries what needs no permission: engines, threads, storage, memory, internals and the pipes of its
 * own process. The sequence of a frame names the attempt. It fails, or what it returns is one of
 * `harmless`.
 */

const soon = (use) => new Promise((resolve, reject) => use(resolve, reject));
const script = (code) => "data:text/javascript," + encodeURIComponent(code);
const forge = (header, call = -1) => {
  const json = new TextEncoder().encode(header);
  const bytes = new Uint8Array(20 + json.length);
  new DataView(bytes.buffer).setUint32(0, json.length, true);
  new DataView(bytes.buffer).setUint32(16, call + 1, true);
  bytes.set(json, 20);
  return bytes;
};
/** A module of WebAssembly with memory of as many pages as can be had. */
const wasmMemory = () => new WebAssembly.Memory({ initial: 1, maximum: 65_536 });
const internals = () => Deno[Deno.internal].core;
const brand = () =>
  Object.getOwnPropertySymbols(globalThis).find((s) => String(s).includes("brand"));

export const attempts = {
  // Storage.
  caches: () => caches.open("escape").then(() => "opened"),
  cachesByBrand: () =>
    CacheStorage.prototype.open.call(
      Object.create(CacheStorage.prototype, { [brand()]: { value: brand() } }),
      "escape",
    ).then(() => "opened"),
  localStorage: () => localStorage.setItem("escape", "1") ?? "stored",
  sessionStorage: () => sessionStorage.setItem("escape", "1") ?? "stored in its own memory",
  keyValues: () => Deno.openKv().then(() => "opened"),
  keyValuesInFile: () => Deno.openKv("/tmp/sightline-escape.db").then(() => "opened"),
  storageOfOrigin: () => navigator.storage.getDirectory(),
  // Devices and services.
  graphics: () => navigator.gpu.requestAdapter().then((adapter) => adapter.info.vendor),
  vsock: () => Deno.connect({ transport: "vsock", cid: 2, port: 1 }),
  quic: () => Deno.connectQuic({ hostname: "127.0.0.1", port: 9, alpnProtocols: ["h3"] }),
  webTransport: () => new WebTransport("https://127.0.0.1:9").ready,
  notebook: () => Deno.jupyter.broadcast("x", {}),
  desktop: () => new Deno.BrowserWindow(),
  webSocketStream: () => new WebSocketStream("ws://127.0.0.1:9").opened,
  broadcast: () => new BroadcastChannel("sightline").postMessage("x") ?? "heard by nobody",
  schedule: () => Deno.cron("x", "* * * * *", () => {}),
  signals: () => Deno.addSignalListener("SIGTERM", () => {}) ?? "its own",
  killByOldClass: () => new Deno.Process({ rid: 0, pid: 1 }).kill("SIGKILL"),
  killGroup: () => Deno.kill(0, "SIGKILL"),
  killAll: () => Deno.kill(-1, "SIGKILL"),
  lint: () => Deno.lint.runPlugin({}, "x.ts", "1"),
  telemetry: () => Deno.telemetry.tracerProvider.getTracer("x") && "of its own process",
  uid: () => Deno.uid(),
  executable: () => Deno.execPath(),
  parent: () => Deno.ppid > 0 && "a number",
  // Code that nobody looked at.
  // deno-lint-ignore no-eval
  text: () => (0, eval)("1 + 1"),
  textByConstructor: () => (async () => {}).constructor("return 1")(),
  textByReflection: () =>
    Reflect.construct(Object.getPrototypeOf(function* () {}).constructor, ["1"]),
  realm: () => new ShadowRealm().evaluate("1 + 1"),
  packageInWorker: () =>
    soon((resolve, reject) => {
      const code = `import("npm:left-pad").then(() => self.postMessage(1));
        self.addEventListener("unhandledrejection", (event) => { throw event.reason; });`;
      const worker = new Worker(script(code), { type: "module" });
      worker.onmessage = () => resolve("a package");
      worker.onerror = (event) => {
        event.preventDefault();
        reject(new Error(event.message));
      };
    }),
  nodeByProcess: () => {
    const { existsSync } = globalThis["pro" + "cess"]["getBuiltin" + "Module"]("node:fs");
    return existsSync("/etc/passwd") && "it sees files";
  },
  wasmFile: () => WebAssembly.compileStreaming(fetch("file:///usr/lib/x.wasm")),
  resolvePackage: () => import.meta.resolve("npm:left-pad") && "a name alone",
  // Internals.
  internalPrint: () => internals().print("ESCAPED\n") ?? "printed to its own pipe",
  internalText: () => internals().evalContext("1 + 1", "file:///x.js") && "code of its own process",
  internalFile: () => internals().ops.op_fs_read_file_sync("/etc/passwd", 0, 0),
  internalSpawn: () => internals().ops.op_spawn_sync({ cmd: "/usr/bin/id", args: [] }),
  internalMain: () => internals().ops.op_main_module() && "its own entry",
  internalEnv: () => internals().ops.op_get_env("HOME"),
  stackFrames: () => {
    Error.prepareStackTrace = (_error, frames) => frames;
    const found = new Error("x").stack.map((frame) => frame.getFunction?.() ?? frame.getThis?.());
    delete Error.prepareStackTrace;
    return found.some((one) => one !== undefined) ? "a function of others" : undefined;
  },
  finalizer: () => new FinalizationRegistry(() => {}).register({}, 1) ?? "its own",
  temporal: () => String(Temporal.Now.instant()).length > 0 && "the time",
  timerWithText: () => setTimeout("globalThis.x = 1", 0),
  // Its own pipes.
  forgedAnswer: () => {
    Deno.stdout.writeSync(forge('{"type":"answer","id":4096,"analysis":{"data":"forged"}}', 4096));
    return new Promise(() => {});
  },
  hugeFrame: () => {
    Deno.stdout.writeSync(new Uint8Array(20).fill(255, 0, 8));
    return new Promise(() => {});
  },
  floodOfLines: () => {
    const line = forge('{"type":"log","level":"info","message":"flood","instance":null}');
    for (;;) Deno.stdout.writeSync(line);
  },
  endlessError: () => {
    const noise = new TextEncoder().encode("noise\n".repeat(10_000));
    for (;;) Deno.stderr.writeSync(noise);
  },
  closeInput: () => Deno.stdin.close() ?? new Promise(() => {}),
  stealInput: () => Deno.stdin.readSync(new Uint8Array(1 << 20)) && new Promise(() => {}),
  // Memory and threads.
  buffers: () => {
    const kept = [];
    for (;;) kept.push(new ArrayBuffer(64 << 20, { maxByteLength: 256 << 20 }));
  },
  filledBuffers: () => {
    const kept = [];
    for (;;) kept.push(new Uint8Array(16 << 20).fill(1));
  },
  sharedBuffers: () => {
    const kept = [];
    for (;;) kept.push(new Uint8Array(new SharedArrayBuffer(16 << 20)).fill(1));
  },
  wasm: () => {
    const kept = [];
    for (;;) {
      const memory = wasmMemory();
      for (let page = 1; page < 16_384; page += 1024) {
        memory.grow(1024);
        new Uint8Array(memory.buffer).fill(1);
      }
      kept.push(memory);
    }
  },
  blobs: () => {
    const kept = [];
    for (;;) kept.push(new Blob([new Uint8Array(16 << 20).fill(1)]));
  },
  threads: () => {
    const code = script("self.postMessage(1); setInterval(() => {}, 1000);");
    const kept = [];
    return soon((_resolve, reject) => {
      const more = () => {
        const worker = new Worker(code, { type: "module" });
        worker.onmessage = more;
        worker.onerror = (event) => reject(new Error(event.message));
        kept.push(worker);
      };
      for (let first = 0; first < 20; first++) more();
    });
  },
  forkBomb: () => {
    const code = `for (let i = 0; i < 9; i++) new Worker(self.location?.href ?? import.meta.url,
      { type: "module" });`;
    new Worker(script(code), { type: "module" });
    return new Promise(() => {});
  },
  pattern: () => /^(a+)+$/.test("a".repeat(40) + "b"),
  waits: () => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0),
  endlessStream: async () => {
    const zeros = new ReadableStream({ pull: (it) => it.enqueue(new Uint8Array(1 << 20)) });
    const kept = [];
    for await (const chunk of zeros) kept.push(chunk.fill(1));
  },
};

/** What some return: nothing that the process did not have, and nothing that outlives it. */
export const harmless = [
  ...["stored in its own memory", "heard by nobody", "its own", "of its own process", "a number"],
  ...["code of its own process", "undefined", "the time", Deno.execPath()],
];

export default () => ({
  postprocess: async (_outputs, { sequence }) => ({
    data: { got: String(await Object.values(attempts)[sequence]()) },
  }),
});
