/** Runs the commands of README.md in a clean clone, with stand-ins for cameras and servers. */

import { dirname, join } from "node:path";

/** A fenced block of README. */
interface Block {
  readonly language: string;
  readonly text: string;
}

/** What a block is to be run with. */
interface Recipe {
  /** Words by which the block is known. */
  readonly about: string;
  /** Left out, for this reason. */
  readonly reason?: string;
  /** What stands for what a reader has and this machine has not. */
  readonly replace?: readonly (readonly [from: string, to: string])[];
  /** Flags that make it end. */
  readonly append?: string;
  /** What to send SIGINT at, for a command that goes on for ever. */
  readonly until?: RegExp;
}

const clip = "demo/street.mp4";
const model = "demo/person_vehicle_bike.onnx";

function recipes(serverPort: number, base: string): readonly Recipe[] {
  return [
    {
      about: "make demo",
      replace: [["rtsp://user:password@camera:554/live", clip], ["make test", "true"]],
      until: /Found \d/,
    },
    {
      about: "tail -F events.jsonl",
      replace: [
        ["rtsp://user:password@camera:554/live", clip],
        ["--visualizer_port 5000", "--visualizer_port 0 --limit_frames 50"],
        ["tail -F", "tail"],
      ],
    },
    {
      about: "camera:554",
      replace: [
        ["rtsp://user:password@camera:554/live", clip],
        ["localhost:9000", `localhost:${serverPort}`],
        ["--visualizer_port 5000", "--visualizer_port 0"],
      ],
      append: "--limit_frames 5",
    },
    {
      about: "${BASE}",
      replace: [["${BASE}", base]],
      append: "--limit_frames 5 --visualizer_port 0",
    },
    // What the first example has kept.
    { about: "events --data_dir events", replace: [["--data_dir events", "--data_dir data"]] },
    {
      about: "model_server --model_path FILE.onnx",
      replace: [["FILE.onnx", model], ["9000", "0"], ["8000", "0"]],
      until: /grpc/i,
    },
    { about: "docker run", reason: "it wants a container engine and a download" },
    {
      about: "brightest.ts",
      replace: [["clip.mp4", clip], ["classifier.onnx", model]],
      append: "--limit_frames 5",
    },
  ];
}

/** Resolves to what went wrong, one line each; `say` is told of each block. */
export async function runReadmeCommands(
  clone: string,
  print: (line: string) => void,
): Promise<string[]> {
  const blocks = fencedBlocks(await Deno.readTextFile(join(clone, "README.md")));
  const plugin = blocks.find(({ text }) => text.includes("const brightest"));
  await Deno.writeTextFile(join(clone, "brightest.ts"), plugin?.text ?? "");
  await using web = serve(clone);
  await using server = startModelServer(clone);
  const problems: string[] = [];
  const known = recipes(server.port, `http://127.0.0.1:${web.addr.port}/`);
  for (const { text } of blocks.filter(({ language }) => language === "sh")) {
    const recipe = known.find(({ about }) => text.includes(about));
    const first = text.split("\n")[0]!;
    if (recipe === undefined) problems.push(`nothing is known of ${first}`);
    else if (recipe.reason !== undefined) print(`left out, ${recipe.reason}: ${first}`);
    else {
      const problem = await runBlock(text, recipe, clone);
      if (problem === null) print(`works: ${first}`);
      else problems.push(`${first}: ${problem}`);
    }
  }
  return problems;
}

function fencedBlocks(markdown: string): Block[] {
  return [...markdown.matchAll(/^```(\w+)\n([^]*?)^```$/gm)]
    .map(([, language = "", text = ""]) => ({ language, text }));
}

async function runBlock(text: string, recipe: Recipe, cwd: string): Promise<string | null> {
  let script = text.trimEnd();
  for (const [from, to] of recipe.replace ?? []) script = script.replaceAll(from, to);
  const child = new Deno.Command("sh", {
    args: ["-ec", `${script} ${recipe.append ?? ""}`],
    cwd,
    env: environment(),
    stdin: "null",
    stdout: "null",
    stderr: "piped",
    // A group of its own, to which Ctrl-C goes as in a terminal.
    detached: true,
  }).spawn();
  const timer = setTimeout(() => end(child, "SIGKILL"), 300_000);
  const decoder = new TextDecoder();
  let said = "";
  let stopped = false;
  for await (const bytes of child.stderr) {
    said += decoder.decode(bytes, { stream: true });
    if (!stopped && recipe.until?.test(said)) {
      stopped = true;
      end(child, "SIGINT");
    }
  }
  const { code } = await child.status;
  clearTimeout(timer);
  if (recipe.until !== undefined && !stopped) return `it ended before ${recipe.until}: ${said}`;
  // A shell that is interrupted is not the program that it ran.
  return code === 0 || stopped && code === 130 ? null : `exit code ${code}: ${said}`;
}

/** Signals the whole group of a child. */
function end({ pid }: Deno.ChildProcess, signal: Deno.Signal): void {
  try {
    Deno.kill(-pid, signal);
  } catch {
    // It has ended already.
  }
}

function environment(): Record<string, string> {
  return { NO_COLOR: "1", PATH: `${dirname(Deno.execPath())}:${Deno.env.get("PATH")}` };
}

function startModelServer(cwd: string) {
  const port = freePort();
  const child = new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "-A", "main.ts", "model_server", "--model_path", model, "--port", String(port)],
      ...["--model_name", "person-vehicle-bike-detection"],
    ],
    cwd,
    env: environment(),
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).spawn();
  return {
    port,
    async [Symbol.asyncDispose]() {
      child.kill("SIGTERM");
      await child.status;
    },
  };
}

/** A port that was free a moment ago. */
function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

function serve(folder: string): Deno.HttpServer<Deno.NetAddr> {
  return Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, async (request) => {
    const path = join(folder, decodeURIComponent(new URL(request.url).pathname));
    const bytes = await Deno.readFile(path).catch(() => null);
    const headers = { "content-type": "text/plain; charset=utf-8" };
    return bytes === null ? new Response(null, { status: 404 }) : new Response(bytes, { headers });
  });
}
