/**
 * Tries to reach what it was not given, by what every module has without an import. The sequence of a
 * frame names the attempt; what the attempt returns has got out, and is the data of the analysis.
 */

/** What a test must not see from outside. */
const passwd = "/etc/passwd";
const escape = "/tmp/sightline-escape";
const { promise: given, resolve: give } = Promise.withResolvers();
const address = async () => ({ hostname: "127.0.0.1", port: (await given).port });
const url = (code) => "data:text/javascript," + encodeURIComponent(code);

/** Runs code in a Worker of its own, until it posts a message. */
async function inWorker(specifier, options) {
  const { promise, resolve, reject } = Promise.withResolvers();
  const worker = new Worker(await specifier, { type: "module", ...options });
  worker.onmessage = ({ data }) => data.refused ? reject(new Error(data.refused)) : resolve(data);
  worker.onerror = (event) => {
    event.preventDefault();
    reject(new Error(event.message));
  };
  return promise.finally(() => worker.terminate());
}

const readsPasswd = url(`try { self.postMessage(Deno.readTextFileSync("${passwd}")); }
  catch (error) { self.postMessage({ refused: error.message }); }`);

/** What Deno's permissions alone refuse, in a process and in a Worker. */
export const refused = {
  readFile: () => Deno.readTextFile(passwd),
  openFile: () => Deno.openSync(passwd).readSync(new Uint8Array(9)),
  fetchFile: () => fetch(`file://${passwd}`).then((response) => response.text()),
  readDirectory: () => [...Deno.readDirSync("/")],
  statFile: () => Deno.statSync(passwd).size,
  realPath: () => Deno.realPathSync("."),
  watch: () => Deno.watchFs("/tmp")[Symbol.asyncIterator]().next(),
  writeFile: () => Deno.writeTextFile(escape, "x"),
  makeFolder: () => Deno.mkdirSync(escape),
  temporaryFile: () => Deno.makeTempFileSync(),
  link: () => Deno.symlinkSync(passwd, escape),
  environment: () => Deno.env.toObject(),
  connect: async () => Deno.connect(await address()),
  connectToSocket: () => Deno.connect({ transport: "unix", path: "/run/dbus/system_bus_socket" }),
  fetch: async () => fetch(`http://127.0.0.1:${(await address()).port}/stolen`),
  webSocket: async () => {
    const { port } = await address();
    return await new Promise((resolve, reject) => {
      const socket = new WebSocket(`ws://127.0.0.1:${port}/`);
      socket.onopen = resolve;
      socket.onerror = (event) => reject(new Error(event.message || "refused"));
    });
  },
  eventSource: async () => {
    const { port } = await address();
    return await new Promise((resolve, reject) => {
      const source = new EventSource(`http://127.0.0.1:${port}/stolen`);
      source.onopen = resolve;
      source.onerror = (event) => reject(new Error(event.message || "Requires a connection"));
    });
  },
  listen: () => Deno.listen({ port: 0 }).addr,
  serve: () => Deno.serve({ port: 0, onListen() {} }, () => new Response()).addr,
  resolveName: () => Deno.resolveDns("localhost", "A"),
  spawn: () => new Deno.Command("/usr/bin/id").outputSync(),
  foreignFunction: () => Deno.dlopen("libc.so.6", { getpid: { parameters: [], result: "i32" } }),
  systemInfo: () => Deno.hostname(),
  systemMemory: () => Deno.systemMemoryInfo().total,
  interfaces: () => Deno.networkInterfaces(),
  askForMore: async () => {
    const { state } = await Deno.permissions.request({ name: "read" });
    if (state !== "granted") throw new Error(`Requires a yes, and it is ${state}`);
    return state;
  },
  nestedWorker: () => inWorker(readsPasswd),
  nestedWorkerFromBlob: () =>
    inWorker(URL.createObjectURL(new Blob([decodeURIComponent(readsPasswd.split(",")[1])]))),
  nestedWorkerFromRemote: () =>
    inWorker(address().then(({ port }) => `http://127.0.0.1:${port}/code.js`)),
  nestedWorkerImportsRemote: () =>
    inWorker(
      address().then(({ port }) =>
        url(`import "http://127.0.0.1:${port}/code.js"; self.postMessage("imported");`)
      ),
    ),
  nestedWorkerImportsFile: () =>
    inWorker(
      given.then(({ secret }) =>
        url(`import(${JSON.stringify(secret)}, { with: { type: "json" } })
        .then((m) => self.postMessage(m.default), (e) => self.postMessage({ refused: e.message }))`)
      ),
    ),
};

export default (options) => {
  give(options);
  return {
    postprocess: async (_outputs, { sequence }) => {
      const got = await Object.values(refused)[sequence]();
      return { data: { escaped: String(got ?? "something") } };
    },
  };
};
