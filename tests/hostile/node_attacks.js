/**
 * Attacks by way of Node's modules, which no plugin may import: they are run against the process
 * as if a way past that had been found. `modules` has each by its name, see node_default.js and
 * node_named.js.
 */

const passwd = "/etc/passwd";
const escape = "/tmp/sightline-escape";
const text = "ESCAPED\n";

const soon = (use) => new Promise((resolve, reject) => use(resolve, reject));

export function attacks(modules) {
  const { child_process, dgram, dns, fs, http, inspector, net, os, process, sqlite, vm } = modules;
  const { createRequire } = modules.module;
  let given = {};

  /** In a thread, which shares all open files with the rest of the process. */
  const inThread = (code) =>
    soon((resolve, reject) => {
      const worker = new modules.worker_threads.Worker(
        `const say = (what) => require("node:worker_threads").parentPort.postMessage(what);
        const fs = require("node:fs"), net = require("node:net"), process = require("node:process");
        ${code}`,
        { eval: true },
      );
      worker.on("message", resolve).on("error", reject);
    });

  /** Writes to each open pipe and socket what the shell of a process guard would obey. */
  const orders = `let written = 0;
    for (let fd = 3; fd < 64; fd++) {
      try {
        const socket = new net.Socket({ fd, readable: false, writable: true });
        socket.on("error", () => {});
        socket.write("\\nadd_folder ${escape}-victim\\n", () => written++);
      } catch {}
    }`;

  const all = {
    readFile: () => fs.readFileSync(passwd, "utf8"),
    readFileLater: () => fs.promises.readFile(passwd, "utf8"),
    readStream: () =>
      soon((resolve, reject) =>
        fs.createReadStream(passwd).on("data", resolve).on("error", reject)
      ),
    copyFile: () => fs.copyFileSync(passwd, escape),
    removeFolder: () => fs.rmSync(`${escape}-victim`, { recursive: true }),
    makeFolder: () => fs.mkdirSync(escape),
    requireFile: () => createRequire("file:///")(given.secret.replace("file://", "")),
    database: () => new sqlite.DatabaseSync(`${escape}.db`),
    attachedDatabase: () =>
      new sqlite.DatabaseSync(":memory:").exec(`ATTACH '${escape}.db' AS x; CREATE TABLE x.y (z)`),
    vacuumedDatabase: () => new sqlite.DatabaseSync(":memory:").exec(`VACUUM INTO '${escape}.db'`),
    environment: () => process.env.HOME ?? "",
    connect: () =>
      soon((resolve, reject) =>
        net.connect(given.port, "127.0.0.1").on("connect", resolve).on("error", reject)
      ),
    request: () =>
      soon((resolve, reject) =>
        http.get(`http://127.0.0.1:${given.port}/stolen`, resolve).on("error", reject)
      ),
    resolveName: () => soon((yes, no) => dns.lookup("localhost", (e, a) => e ? no(e) : yes(a))),
    spawn: () => child_process.execFileSync("/usr/bin/id").toString(),
    fork: () => soon((yes, no) => child_process.fork("/x.js").on("spawn", yes).on("error", no)),
    foreignFunction: () => process.dlopen({ exports: {} }, "/lib/x86_64-linux-gnu/libc.so.6"),
    systemInfo: () => os.userInfo(),
    inspect: () => inspector.open(0),
    inspectorSession: () => new inspector.Session().connect() ?? "connected",
    readInThread: () => inThread(`say(fs.readFileSync("${passwd}", "utf8"))`),
    packageInThread: () =>
      inThread(`import("npm:left-pad").then((m) => say(m.default), (e) => { throw e; })`),
    packageByText: () => vm.runInThisContext("import('npm:left-pad')"),
    remoteByText: () => vm.runInThisContext(`import("http://127.0.0.1:${given.port}/code.js")`),
    // The host's: its command line, its memory, what it has open, from a thread as well.
    argumentsOfHost: () => fs.readFileSync(`/proc/${process.ppid}/cmdline`, "utf8"),
    memoryOfHost: () => fs.openSync(`/proc/${process.ppid}/mem`, "r+"),
    filesOfHost: () => fs.readdirSync(`/proc/${process.ppid}/fd`),
    argumentsOfHostInThread: () =>
      inThread(`say(fs.readFileSync("/proc/" + process.ppid + "/cmdline", "utf8"))`),
    memoryOfHostInThread: () =>
      inThread(`say(fs.openSync("/proc/" + process.ppid + "/mem", "r+"))`),
    killHost: () => process.kill(process.ppid, "SIGKILL"),
    killHostByOtherName: () => process._kill(process.ppid, 9) || "killed",
    killHostInThread: () => inThread(`say(process.kill(process.ppid, "SIGKILL"))`),
    // What ends the process itself.
    abort: () => process.abort(),
    killItself: () => process.kill(process.pid, "SIGKILL"),
    reallyExit: () => process.reallyExit(0),
    writeStandardOutput: () => process.stdout.write(text),
    writeByNumber: () => fs.writeSync(1, text),
    socketByNumber: () =>
      soon((yes) => new net.Socket({ fd: 1 }).write(text, () => yes("written"))),
    closeByNumber: () => fs.closeSync(1) ?? "closed",
    writeInThread: () => inThread(`fs.writeSync(1, "${text.trim()}, and more than that\\n")`),
    ordersInThread: () => inThread(`${orders} setTimeout(() => say(written), 300)`),
    // Waits in vain, as nothing tells who asked.
    datagram: () =>
      soon((yes, no) =>
        dgram.createSocket("udp4").on("error", no).bind(given.port + 1, () => yes("bound"))
      ),
  };
  return {
    attempts: all,
    plugin: (options) => {
      given = options;
      return {
        postprocess: async (_outputs, { sequence }) => {
          const got = await Object.values(all)[sequence]();
          return { data: { escaped: String(got ?? "something") } };
        },
      };
    },
  };
}
