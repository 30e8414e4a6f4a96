/** The command line: which command it asks for, from the first line to the exit code. */

import { commands, hidden, unknownCommand } from "./commands.ts";
import { withLifetime } from "./lifetime.ts";
import { printError } from "./print.ts";

/** Runs one command line to its exit code: 0 done, 1 cannot go on, 2 bad input. */
export async function main(args: string[]): Promise<number> {
  return await withLifetime(async function runCommand(signal, ending) {
    const { name, rest } = split(args);
    const table = Object.hasOwn(hidden, name) ? hidden : commands;
    const [, load] = Object.hasOwn(table, name) ? table[name]! : [];
    if (load === undefined) {
      printError(unknownCommand(name));
      return 2;
    }
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
