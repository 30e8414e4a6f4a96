import { readCommandLine } from "../src/cli/command_line.ts";

/** Where a Sightline answers `/healthz`, by the command line of its container; null = nowhere. */
export async function healthUrl(commandLine: readonly string[]): Promise<string | null> {
  const entry = commandLine.findIndex((word) => /\/entrypoint\.sh$|main\.ts$/.test(word));
  const [first, ...rest] = commandLine.slice(entry + 1);
  const isCommand = first !== undefined && !first.startsWith("-");
  const args = isCommand ? rest : commandLine.slice(entry + 1);
  const isDemo = first === "demo";
  // Any camera does: the demo brings its own, and its live view.
  const missing = ["--stream_url", "rtsp://camera/", "--no_model", "--visualizer_port=5000"];
  const read = await readCommandLine(isDemo ? [...missing, ...args] : args);
  if (read.kind !== "right") return null;
  // That of the metrics asks for no password.
  const { metrics, visualizer } = read.config;
  const server = metrics ?? visualizer;
  if (server === null) return null;
  // Its certificate is for the name that viewers use; --metrics_port has none.
  if (server === visualizer && visualizer.tls !== null) return null;
  const { host, port } = server;
  // An address that means "all of them" can be listened on but not always be called.
  const callable = host === "0.0.0.0" ? "127.0.0.1" : host === "::" ? "::1" : host;
  return `http://${callable.includes(":") ? `[${callable}]` : callable}:${port}/healthz`;
}
