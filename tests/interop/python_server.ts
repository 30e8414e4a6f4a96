/** Other people's model servers, started for a test. */

/** A server at work; disposing of it kills it. */
export interface PythonServer extends AsyncDisposable {
  readonly httpPort: number;
  readonly grpcPort: number;
  readonly folder: string;
}

/** What a server is started with. */
export interface ServerCommand {
  readonly program: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/** Ports that a server is told to take. */
export interface Ports {
  readonly http: number;
  readonly grpc: number;
  readonly metrics: number;
}

/** Writes `files` into a folder of its own, and starts there what `command` says. */
export async function startPythonServer(
  files: (ports: Ports, folder: string) => Readonly<Record<string, string | Uint8Array>>,
  command: (ports: Ports, folder: string) => ServerCommand,
): Promise<PythonServer> {
  const folder = await Deno.makeTempDir({ prefix: "sightline_interop_" });
  const [http, grpc, metrics] = freePorts(3);
  const ports = { http: http!, grpc: grpc!, metrics: metrics! };
  for (const [path, content] of Object.entries(files(ports, folder))) {
    await Deno.mkdir(`${folder}/${path}`.replace(/\/[^/]*$/, ""), { recursive: true });
    const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
    await Deno.writeFile(`${folder}/${path}`, bytes);
  }
  const { program, args, env = {} } = command(ports, folder);
  const child = new Deno.Command(program, {
    args: [...args],
    cwd: folder,
    env,
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).spawn();
  return {
    httpPort: ports.http,
    grpcPort: ports.grpc,
    folder,
    async [Symbol.asyncDispose]() {
      child.kill("SIGKILL");
      await child.status;
      await Deno.remove(folder, { recursive: true });
    },
  };
}

// These servers cannot say which port they were given, so the ports are chosen before, and free a
// moment later.
function freePorts(count: number): number[] {
  const listeners = Array.from(
    { length: count },
    () => Deno.listen({ hostname: "127.0.0.1", port: 0 }),
  );
  const ports = listeners.map(({ addr }) => (addr as Deno.NetAddr).port);
  for (const listener of listeners) listener.close();
  return ports;
}
