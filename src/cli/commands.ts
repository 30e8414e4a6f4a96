/** Every command, a line each; loaded when it is asked for, so that `--help` costs nothing. */

import { nearest } from "../settings/nearest.ts";
import type { Ending } from "./lifetime.ts";

/** Runs with its own arguments, without the command's name; resolves to the exit code. */
export type Command = (args: string[], signal: AbortSignal, ending: Ending) => Promise<number>;

/** What the help says of a command, and the command. */
export type CommandEntry = readonly [help: string, load: () => Promise<Command>, operand?: string];

// deno-fmt-ignore
export const commands: Readonly<Record<string, CommandEntry>> = {
  run: ["analyse a stream (default)", async () => (await import("./run.ts")).run],
  annotate: ["draw what is found into a clip: annotate CLIP -o OUT.mp4", async () => (await import("./annotate.ts")).annotate],
  demo: ["the whole chain on the clip and model that ship with Sightline", async () => (await import("./demo.ts")).demo],
  model_server: ["serve an ONNX file as OpenVINO Model Server would", async () => (await import("./model_server.ts")).modelServer],
  new: ["write a plugin and its test, to begin with", async () => (await import("./new.ts")).newUseCase, "NAME"],
  test: ["run a plugin over a clip and compare with its golden file", async () => (await import("./test_plugin.ts")).testPlugin, "PLUGIN"],
  events: ["what happened, in a table or as JSON, from a --data_dir", async () => (await import("./events.ts")).events],
  deliveries: ["what became of each destination's events; deliveries retry", async () => (await import("./deliveries.ts")).deliveries],
  plugins: ["what sightline.lock pins; plugins update URL accepts a change", async () => (await import("./plugins.ts")).plugins],
  check: ["what is wrong with a configuration file, or what it comes to", async () => (await import("./check.ts")).check, "CONFIG"],
  schema: ["print the JSON Schema of a configuration file", async () => (await import("./print_text.ts")).schema],
  permissions: ["the smallest set of Deno's flags for a command line of run", async () => (await import("./permissions.ts")).permissions],
  types: ["print the contract that plugins are written to, as one module", async () => (await import("./print_text.ts")).types],
  version: ["print the version", async () => (await import("./print_text.ts")).version],
  help: ["flags of another command", async () => (await import("./help.ts")).help, "COMMAND"],
};

/** What Sightline starts itself, and no help speaks of. */
export const hidden: typeof commands = {
  plugin_child: ["", async () => (await import("./plugin_child.ts")).pluginChild],
};

/** What is said of a command that there is not. */
export function unknownCommand(name: string): string {
  const names = Object.keys(commands);
  const known = nearest(name, names);
  const hint = known === null ? `known are ${names.join(", ")}` : `did you mean ${known}?`;
  return `${JSON.stringify(name)}: unknown command, ${hint}`;
}
