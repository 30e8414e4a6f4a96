import { parseFlags } from "../src/cli/flags.ts";

/** Where a Sightline started by this command line of a container answers `/healthz`; null = nowhere. */
export function healthUrl(commandLine: readonly string[]): string | null {
  const entry = commandLine.findIndex((word) => /\/entrypoint\.sh$|main\.ts$/.test(word));
  const [first, ...rest] = commandLine.slice(entry + 1);
  const isCommand = first !== undefined && !first.startsWith("-");
  const flags = parseFlags(isCommand ? rest : commandLine.slice(entry + 1)).user.process;
  // That of the metrics asks for no password; the demo brings its own live view.
  const [kind, port] = Number(flags["metrics_port"]) > 0
    ? ["metrics", Number(flags["metrics_port"])]
    : ["visualizer", Number(flags["visualizer_port"] ?? (first === "demo" ? 5000 : 0))];
  if (!(port > 0)) return null;
  const host = String(flags[`${kind}_host`] ?? "127.0.0.1");
  // An address that means "all of them" can be listened on but not always be called.
  const callable = host === "0.0.0.0" ? "127.0.0.1" : host === "::" ? "::1" : host;
  return `http://${callable.includes(":") ? `[${callable}]` : callable}:${port}/healthz`;
}
