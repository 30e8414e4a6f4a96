/** The arguments of a command whose flags are a table of its own. */

import { checkWhole } from "../settings/check_table.ts";
import type { Problem } from "../settings/problem.ts";
import { problemLine } from "../settings/problem_line.ts";
import type { SettingTable, ValuesOf } from "../settings/setting.ts";
import { parseTable } from "./flags.ts";
import { type CommandAbout, commandHelp } from "./help.ts";
import { print, printError } from "./print.ts";

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
