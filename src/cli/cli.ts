/** The commands: each is loaded when it is asked for, so that `--help` costs nothing. */

import project from "../../deno.json" with { type: "json" };
import { nearest } from "../settings/nearest.ts";
import { type Ending, withLifetime } from "./lifetime.ts";
import { print, printError } from "./print.ts";

/** Runs with its own arguments, without the command's name; resolves to the exit code. */
type Command = (
  args: string[],
  signal: AbortSignal,
  ending: Ending,
) => Promise<number>;

const commands: Readonly<Record<string, () => Promise<Command>>> = {
  run: async () => (await import("./run.ts")).run,
  demo: async () => (await import("./demo.ts")).demo,
  model_server: async () => (await import("./model_server.ts")).modelServer,
  new: async () => (await import("./new.ts")).newUseCase,
  test: async () => (await import("./test_plugin.ts")).testPlugin,
  types: async () => (await import("./types.ts")).types,
  events: async () => (await import("./events.ts")).events,
  deliveries: async () => (await import("./deliveries.ts")).deliveries,
  plugins: async () => (await import("./plugins.ts")).plugins,
  check: async () => (await import("./check.ts")).check,
  schema: async () => (await import("./schema.ts")).schema,
  permissions: async () => (await import("./permissions.ts")).permissions,
  help: () => Promise.resolve(help),
  version: () => Promise.resolve(version),
};

/** What Sightline starts itself, and no help speaks of. */
const hidden: typeof commands = {
  plugin_child: async () => (await import("./plugin_child.ts")).pluginChild,
};

/** Runs one command line to its exit code: 0 done, 1 cannot go on, 2 bad input. */
export async function main(args: string[]): Promise<number> {
  return await withLifetime(async function runCommand(signal, ending) {
    const { name, rest } = split(args);
    const table = Object.hasOwn(hidden, name) ? hidden : commands;
    const load = Object.hasOwn(table, name) ? table[name] : undefined;
    if (load === undefined) return unknownCommand(name);
    return await (await load())(rest, signal, ending);
  });
}

/** `run` is the default: its flags may stand alone. */
function split(args: string[]): { name: string; rest: string[] } {
  const [first = "", ...rest] = args;
  if (first === "--version" || first === "-V") return { name: "version", rest };
  if (first === "" || first.startsWith("-")) return { name: "run", rest: args };
  return { name: first.replaceAll("-", "_"), rest };
}

async function help(args: string[], ...rest: [AbortSignal, Ending]): Promise<number> {
  const { name } = split(args);
  const load = name !== "help" && Object.hasOwn(commands, name) ? commands[name] : commands["run"];
  return await (await load!())(["--help"], ...rest);
}

async function version(): Promise<number> {
  await print(`sightline ${project.version}`);
  return 0;
}

function unknownCommand(name: string): number {
  const names = Object.keys(commands);
  const known = nearest(name, names);
  const hint = known === null ? `known are ${names.join(", ")}` : `did you mean ${known}?`;
  printError(`${JSON.stringify(name)}: unknown command, ${hint}`);
  return 2;
}
