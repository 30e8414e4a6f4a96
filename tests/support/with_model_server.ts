/** The model server as a process of its own, for tests. */

const root = new URL("../../", import.meta.url);
const startTimeoutMs = 30_000;

/** What to serve. */
export interface ModelServerProcessOptions {
  readonly modelPath: string;
  /** @default {"model"} */
  readonly modelName?: string;
  /** Further flags, such as `["--layout", "NHWC:NCHW"]`. */
  readonly flags?: readonly string[];
}

/** A running `main.ts model_server`; disposing of it ends the process. */
export interface ModelServerProcess {
  readonly grpcPort: number;
  readonly restPort: number;
  readonly modelName: string;
  readonly pid: number;
  /** Everything it wrote to stderr, once it has ended. */
  readonly stderr: Promise<string>;
  /** Ends it as a crash would (SIGKILL), and resolves when it is gone. */
  kill(): Promise<void>;
  /** Asks it to end, and resolves with its exit code. */
  terminate(signal?: "SIGTERM" | "SIGINT"): Promise<number>;
  /** Kills it if it still runs, and starts it again on the same ports. */
  restart(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

interface Running {
  readonly child: Deno.ChildProcess;
  readonly grpcPort: number;
  readonly restPort: number;
  /** Everything it wrote to stderr, once it has ended. */
  readonly stderr: Promise<string>;
}

/** Starts the model server on free ports; resolves when it serves. */
export async function withModelServer(
  options: ModelServerProcessOptions,
): Promise<ModelServerProcess> {
  let running = await start(options, 0, 0);
  const { grpcPort, restPort } = running;

  async function kill(): Promise<void> {
    await end("SIGKILL");
  }

  async function end(signal: Deno.Signal): Promise<number> {
    try {
      running.child.kill(signal);
    } catch (error) {
      // It ended by itself.
      if (!(error instanceof TypeError || error instanceof Deno.errors.NotFound)) throw error;
    }
    await running.stderr;
    return (await running.child.status).code;
  }

  return {
    grpcPort,
    restPort,
    modelName: options.modelName ?? "model",
    get pid() {
      return running.child.pid;
    },
    get stderr() {
      return running.stderr;
    },
    kill,
    terminate: (signal = "SIGTERM") => end(signal),
    async restart() {
      await kill();
      running = await start(options, grpcPort, restPort);
    },
    [Symbol.asyncDispose]: kill,
  };
}

async function start(
  { modelPath, modelName = "model", flags = [] }: ModelServerProcessOptions,
  grpcPort: number,
  restPort: number,
): Promise<Running> {
  const child = new Deno.Command(Deno.execPath(), {
    // deno-fmt-ignore
    args: [
      "run", "-A", "main.ts", "model_server", "--model_path", modelPath, "--model_name", modelName,
      "--port", String(grpcPort), "--rest_port", String(restPort), ...flags,
    ],
    cwd: root,
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).spawn();
  const serving = Promise.withResolvers<RegExpExecArray>();
  const stderr = collect(child.stderr, (text) => {
    const line = /serving \S+ on grpc \S+:(\d+), rest \S+:(\d+)\n/.exec(text);
    if (line) serving.resolve(line);
  });
  const timer = setTimeout(() => child.kill("SIGKILL"), startTimeoutMs);
  stderr.then((text) => serving.reject(new Error(`Cannot start the model server: ${text}`)));
  try {
    const [, grpc, rest] = await serving.promise;
    return { child, grpcPort: Number(grpc), restPort: Number(rest), stderr };
  } finally {
    clearTimeout(timer);
  }
}

async function collect(
  stream: ReadableStream<Uint8Array>,
  seen: (text: string) => void,
): Promise<string> {
  let text = "";
  for await (const part of stream.pipeThrough(new TextDecoderStream())) {
    text += part;
    seen(text);
  }
  return text;
}
