import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { commands } from "../src/cli/commands.ts";
import project from "../deno.json" with { type: "json" };
import { runSightline, sightlineResult } from "./support/run_sightline.ts";

const file = (path: string) => fileURLToPath(new URL(`../${path}`, import.meta.url));
const main = file("main.ts");
const clip = file("demo/street.mp4");
const model = file("demo/person_vehicle_bike.onnx");
const rightFlags = ["--stream_url", clip, "--model_path", model];

/** Exactly what the real program says, and how it ends, before it opens anything. */
const cases: { name: string; args: string[]; code: number; stdout?: string; stderr?: string }[] = [
  {
    name: "no argument at all",
    args: [],
    code: 2,
    stderr:
      `--stream_url: missing, must be rtsp://, rtsps://, http://, https://, rtmp://, srt:// or udp://, a file or a device
--ovms_url: missing, give one of --ovms_url (the model server's HOST:PORT), --model_path (an ONNX file), --no_model
--help shows every flag, and examples
`,
  },
  {
    name: "several things wrong at once, run being the default",
    args: ["--visualizer-port=x", "--strem_url", "rtsp://u:secret@h/x", ...rightFlags],
    code: 2,
    stderr: `--strem_url: unknown flag, did you mean --stream_url?
--visualizer_port x: must be a whole number from 0 to 65535
`,
  },
  {
    name: "something wrong behind run",
    args: ["run", ...rightFlags, "--fps", "0"],
    code: 2,
    stderr: "--fps 0: must be a number from 0.01 to 1000\n",
  },
  {
    name: "a password in what is wrong",
    args: ["--stream_url", "ftp://user:secret@h/x", "--model_path", model],
    code: 2,
    stderr:
      "--stream_url ftp://user:***@h/x: ftp:// is not supported, must be rtsp://, rtsps://, http://, https://, rtmp://, srt:// or udp://, a file or a device\n",
  },
  {
    name: "an unknown command",
    args: ["rum"],
    code: 2,
    stderr: '"rum": unknown command, did you mean run?\n',
  },
  {
    name: "a command like no other",
    args: ["constructor\n"],
    code: 2,
    stderr: `"constructor\\n": unknown command, known are ${Object.keys(commands).join(", ")}\n`,
  },
  {
    name: "help of an unknown command",
    args: ["help", "typse"],
    code: 2,
    stderr: '"typse": unknown command, did you mean types?\n',
  },
  { name: "--version", args: ["--version"], code: 0, stdout: `sightline ${project.version}\n` },
  { name: "version", args: ["version"], code: 0, stdout: `sightline ${project.version}\n` },
];

for (const { name, args, code, stdout = "", stderr = "" } of cases) {
  Deno.test(`main.ts answers ${name} with code ${code}`, async () => {
    assert.deepEqual(await sightlineResult(args), { code, stdout, stderr });
  });
}

/** Every command with the words that it takes, and one more. */
const longer = Object.keys(commands).map((name) => {
  const own: Record<string, string[]> = {
    annotate: [clip, "-o", "/no/folder/out.mp4"],
    check: [file("deploy/sightline.example.yaml")],
    deliveries: ["retry"],
    help: ["run"],
    new: ["door"],
    plugins: ["list"],
    test: ["door.ts"],
  };
  return [name, ...own[name] ?? [], "moreover"];
});

for (
  const args of [
    ...longer,
    ["--version", "moreover"],
    ["plugins", "update", "https://h/p.ts", "moreover"],
    ["events", "clip", "ID", "moreover"],
  ]
) {
  Deno.test(`main.ts names the word that is too much in ${args.join(" ")}`, async () => {
    const { code, stderr } = await sightlineResult(args);
    assert.equal(code, 2);
    assert.match(stderr, /^moreover: belongs to no flag$/m);
  });
}

Deno.test("main.ts shows a help of their own for commands that print a text", async () => {
  for (const name of ["types", "schema", "version", "help"]) {
    const { code, stdout } = await sightlineResult([name, "--help"]);
    assert.equal(code, 0);
    assert.match(stdout, new RegExp(`^Usage: .* ${name}\\b`));
  }
});

Deno.test("main.ts shows the same help for --help, run -h and help", async () => {
  const [first, ...others] = await Promise.all(
    [["--help"], ["run", "-h"], ["help"], ["help", "run"]].map((args) => sightlineResult(args)),
  );
  assert.deepEqual([first!.code, first!.stderr], [0, ""]);
  assert.match(first!.stdout, /^ {2}--stream_url <URL> /m);
  for (const other of others) assert.deepEqual(other, first);
});

Deno.test("main.ts shows the model server's help for help model_server", async () => {
  const { code, stdout } = await sightlineResult(["help", "model-server"]);
  assert.equal(code, 0);
  assert.match(stdout, /--rest_port/);
});

Deno.test("main.ts ends without a word when its help is no longer read", async () => {
  const { code, stderr } = await sightlineResult(["--help"], {
    onStdout: (stdout) => stdout.cancel(),
  });
  assert.deepEqual({ code, stderr }, { code: 0, stderr: "" });
});

Deno.test("main.ts loads nothing heavy before it knows what is asked", async () => {
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["info", "--json", main],
  }).output();
  const { modules } = JSON.parse(new TextDecoder().decode(stdout)) as ModuleGraph;
  assert.deepEqual([...packagesOf(modules, "src/cli/cli.ts")], ["@logtape/logtape"]);
  const command = [
    ...packagesOf(modules, "src/cli/run.ts"),
    ...packagesOf(modules, "src/cli/help.ts"),
  ];
  assert.deepEqual([...new Set(command)].sort(), ["@logtape/logtape", "commander", "zod"]);
});

/** The part of `deno info --json` that is used. */
interface ModuleGraph {
  readonly modules: readonly {
    readonly specifier: string;
    readonly dependencies?: readonly {
      readonly specifier: string;
      readonly isDynamic?: boolean;
      readonly code?: { readonly specifier: string };
    }[];
  }[];
}

/** Packages that are loaded with a module of ours; what it imports later, when asked, does not count. */
function packagesOf(modules: ModuleGraph["modules"], entry: string): Set<string> {
  const byUrl = new Map(modules.map((module) => [module.specifier, module]));
  const root = new URL("../", import.meta.url);
  const packages = new Set<string>();
  const seen = new Set<string>();
  const waiting = [new URL(entry, root).href];
  for (let url = waiting.pop(); url !== undefined; url = waiting.pop()) {
    if (seen.has(url)) continue;
    seen.add(url);
    for (const { specifier, isDynamic, code } of byUrl.get(url)?.dependencies ?? []) {
      if (isDynamic || code === undefined) continue;
      if (code.specifier.startsWith("npm:")) packages.add(specifier);
      else waiting.push(code.specifier);
    }
  }
  return packages;
}

Deno.test("main.ts run refuses a plugin without the contract with one line, and code 2", async () => {
  const folder = await mkdtemp(join(tmpdir(), "sightline-"));
  try {
    const plugin = join(folder, "plugin.ts");
    const refusals: [source: string, wrong: RegExp][] = [
      ["export const answer = 42;", /^--use_case .*plugin\.ts: .*default export is missing/],
      ["export default () => ({});", /^--use_case .*plugin\.ts: .*postprocess/],
      ["export default syntax error;", /^--use_case .*plugin\.ts: /],
      [
        "throw new Error('at\\nload');",
        /^--use_case .*plugin\.ts: Cannot load plugin plugin: at, at \/.*plugin\.ts:1:7$/m,
      ],
    ];
    for (const [source, wrong] of refusals) {
      await writeFile(plugin, source);
      const { code, stdout, stderr } = await sightlineResult([
        ...[...rightFlags, "--use_case", plugin, "--log_level", "ERROR"],
      ]);
      assert.deepEqual({ code, stdout }, { code: 2, stdout: "" }, stderr);
      assert.match(stderr, wrong);
      assert.equal(stderr.split("\n").length, 2, stderr);
    }
  } finally {
    await rm(folder, { recursive: true });
  }
});

Deno.test("main.ts run cannot go on when the live view's port is taken: one line, and code 1", async () => {
  const server = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const { port } = server.address() as { port: number };
  try {
    const { code, stderr } = await sightlineResult([
      ...[...rightFlags, "--visualizer_port", String(port), "--log_level", "ERROR"],
    ]);
    assert.equal(code, 1, stderr);
    assert.match(stderr, new RegExp(`^[^\\n]* - ERROR - [^\\n]*${port}[^\\n]*\\n$`));
  } finally {
    await new Promise((resolve) => server.close(resolve));
  }
});

Deno.test("main.ts run logs one JSON object a line with --log_format json", async () => {
  const { code, stderr } = await sightlineResult([
    ...[...rightFlags, "--limit_frames", "1", "--log_format", "json", "--model_name", "idle"],
  ]);
  assert.equal(code, 0, stderr);
  const lines = stderr.trimEnd().split("\n").map((line) => JSON.parse(line));
  assert.deepEqual(
    [lines[0].level, lines[0].logger, lines[0].message],
    ["WARNING", "sightline", "--model_name has no effect with --model_path"],
  );
  for (const line of lines) assert.equal(new Date(line.time).toISOString(), line.time);
});

Deno.test("main.ts run keeps stdout for records, whatever a plugin prints", async () => {
  const folder = await mkdtemp(join(tmpdir(), "sightline-"));
  try {
    const plugin = join(folder, "chatty.ts");
    await writeFile(
      plugin,
      `console.log("loaded"); export default () => {
        console.log("made\\n2026-01-01 00:00:00,000 - root - ERROR - forged");
        return { postprocess: () => ({}) };
      };`,
    );
    const { code, stdout, stderr } = await sightlineResult([
      ...[...rightFlags, "--use_case", plugin, "--sink", "stdout", "--limit_frames", "2"],
    ]);
    assert.equal(code, 0, stderr);
    const records = stdout.trimEnd().split("\n").map((line) => JSON.parse(line));
    assert.deepEqual(records.map(({ use_case }) => use_case), ["chatty", "chatty"]);
    assert.match(stderr, / - chatty - INFO - loaded\n/);
    assert.match(stderr, / - chatty - INFO - made\\n2026-01-01 00:00:00,000 - root/);
  } finally {
    await rm(folder, { recursive: true });
  }
});

Deno.test("main.ts run ends with code 0 when the reader of the records has gone", async () => {
  const { code, stderr } = await sightlineResult([...rightFlags, "--sink", "stdout"], {
    async onStdout(stdout) {
      const reader = stdout.getReader();
      await reader.read();
      await reader.cancel();
    },
  });
  assert.equal(code, 0, stderr);
  assert.doesNotMatch(stderr, /^\s+at /m);
});

Deno.test("main.ts run ends within 2 s on SIGTERM while it still connects, with code 0", async () => {
  // Accepts, and never says a word: camera and model server both hang.
  const server = createServer().listen(0, "127.0.0.1");
  const sockets = new Set<{ destroy(): void }>();
  server.on("connection", (socket) => sockets.add(socket.on("error", () => {})));
  await new Promise((resolve) => server.once("listening", resolve));
  const { port } = server.address() as { port: number };
  try {
    await using child = runSightline([
      ...["--stream_url", `rtsp://user:topsecret@127.0.0.1:${port}/live`],
      ...["--ovms_url", `127.0.0.1:${port}`, "--model_name", "m", "--log_level", "DEBUG"],
    ]);
    await new Promise((resolve) => server.once("connection", resolve));
    const start = performance.now();
    child.signal("SIGTERM");
    const { code, stderr } = await child.result;
    assert(performance.now() - start < 2000, `it took ${performance.now() - start} ms`);
    assert.equal(code, 0, stderr);
    assert.doesNotMatch(stderr, /topsecret/);
  } finally {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  }
});
