/** The arguments of a command whose flags are a table of its own. */

import { Command, Option } from "commander";
import { checkWhole } from "../settings/check_table.ts";
import type { Problem } from "../settings/problem.ts";
import { asFlag, problemLine, sentence } from "../settings/problem_line.ts";
import type { Setting, SettingTable, ValuesOf } from "../settings/setting.ts";
import { parseTable } from "./flags.ts";
import { print, printError } from "./print.ts";

/** The program as the user starts it. */
export const program = Deno.build.standalone ? "sightline" : "deno run -A main.ts";

/** What the help says beside the flags. */
export interface CommandAbout {
  /** The command with what stands behind it, such as `new NAME [flags]`. */
  readonly usage: string;
  readonly description: string;
}

/** What a command takes. */
export interface CommandSpec<Table extends SettingTable> extends CommandAbout {
  readonly table: Table;
  /** Words that may stand alone. @default {0} */
  readonly maxOperands?: number;
  /** What is wrong with words that stand alone. */
  check?(operands: readonly string[]): Problem[];
}

/** What was given, and is right. */
export interface RightArgs<Table extends SettingTable> {
  readonly kind: "right";
  readonly values: ValuesOf<Table>;
  readonly operands: readonly string[];
}

/** Outcome of reading the arguments: values, a text to show, or a line for each problem. */
export type CommandArgs<Table extends SettingTable> =
  | RightArgs<Table>
  | { readonly kind: "help"; readonly text: string }
  | { readonly kind: "wrong"; readonly lines: readonly string[] };

/** Reads and checks them, all at once. */
export function parseCommand<Table extends SettingTable>(
  args: readonly string[],
  spec: CommandSpec<Table>,
): CommandArgs<Table> {
  const { given, operands, problems: found, help } = parseTable(
    args,
    spec.table,
    spec.maxOperands,
  );
  if (help) return { kind: "help", text: commandHelp(spec, spec.table) };
  const problems: Problem[] = [...found];
  const values = checkWhole(spec.table, given, problems);
  problems.push(...spec.check?.(operands) ?? []);
  return problems.length > 0
    ? { kind: "wrong", lines: problems.map(problemLine) }
    : { kind: "right", values, operands };
}

/** The same, with help and problems printed: an exit code then. */
export async function readCommand<Table extends SettingTable>(
  args: readonly string[],
  spec: CommandSpec<Table>,
): Promise<RightArgs<Table> | number> {
  const parsed = parseCommand(args, spec);
  switch (parsed.kind) {
    case "help":
      await print(parsed.text);
      return 0;
    case "wrong":
      for (const line of parsed.lines) printError(line);
      return 2;
    case "right":
      return parsed;
  }
}

/** The help of a command whose flags are a table of settings of its own. */
export function commandHelp(about: CommandAbout, settings: SettingTable): string {
  return helpOf(about, Object.entries(settings));
}

/** Wrapped at the terminal's width; 80 columns where there is no terminal. */
export function helpOf(
  { usage, description }: CommandAbout,
  settings: readonly [string, Setting][],
  headingOf?: (setting: Setting) => string,
): string {
  const command = new Command(program).usage(usage).description(description).helpOption(false)
    .configureHelp({ minWidthToWrap: 20 });
  for (const [name, setting] of settings) {
    const { short, value, help, default: fallback } = setting;
    const long = value === undefined ? `--${name}` : `--${name} <${value}>`;
    const flag = short === undefined ? long : `-${short}, ${long}`;
    const isShown = typeof fallback === "string" || typeof fallback === "number";
    const words = sentence(help, asFlag) + (isShown ? ` [${fallback}]` : "");
    const option = new Option(flag, words);
    command.addOption(headingOf === undefined ? option : option.helpGroup(headingOf(setting)));
  }
  return command.helpInformation();
}
