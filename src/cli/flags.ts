/** The command line: from arguments to settings as the user wrote them. */

import { Command } from "commander";
import { nearest } from "../settings/nearest.ts";
import { parseJson } from "../settings/parse_json.ts";
import { phrase, type Problem } from "../settings/problem.ts";
import type { UserConfig } from "../config/resolve_config.ts";
import { type Setting, SettingError, type SettingTable } from "../settings/setting.ts";
import { commandSettings, processSettings, streamSettings } from "../config/settings.ts";

/** What {@link parseFlags} found. */
export interface ParsedFlags {
  readonly user: UserConfig;
  /** What only a command line can say. */
  readonly command: Readonly<Record<string, unknown>>;
  readonly problems: readonly Problem[];
  /** `--help` was among the arguments. */
  readonly help: boolean;
}

/** What {@link parseTable} found. */
export interface ParsedTable extends Pick<ParsedFlags, "problems" | "help"> {
  /** As they were written, right or wrong. */
  readonly given: Readonly<Record<string, unknown>>;
  /** Words that stand alone, as many as were asked for at the most. */
  readonly operands: readonly string[];
}

/** Reads the flags of `run` only: whether their values are right is for `resolveConfig` to say. */
export function parseFlags(args: readonly string[]): ParsedFlags {
  const { given, problems, help } = parseTable(args, {
    ...commandSettings,
    ...streamSettings,
    ...processSettings,
  });
  const pick = (table: object) =>
    Object.fromEntries(Object.entries(given).filter(([name]) => Object.hasOwn(table, name)));
  return {
    command: pick(commandSettings),
    user: { process: pick(processSettings), streams: [pick(streamSettings)] },
    problems,
    help,
  };
}

/** Reads the flags of any table, and up to so many words that stand before, between or after them. */
export function parseTable(
  args: readonly string[],
  settings: SettingTable,
  maxOperands = 0,
): ParsedTable {
  const given = new Map<string, unknown>();
  const problems: Problem[] = [];
  const parser = new Command().helpOption(false).option("-h, --help");
  for (const [name, { kind, short }] of Object.entries(settings)) {
    const flag = `${short === undefined ? "" : `-${short}, `}--${name}`;
    // The value is optional to the parser, so that a missing one is ours to report, with the others.
    parser.option(kind === "switch" ? flag : `${flag} [value]`);
    parser.on(`option:${name}`, function take(value: string | null | undefined) {
      takeFlag(given, problems, name, settings[name]!.kind, value ?? null);
    });
  }
  const { operands, unknown } = parser.parseOptions(args.map(withUnderscores));
  problems.push(...explainUnknown(operands.slice(maxOperands), unknown, settings));
  return {
    given: Object.fromEntries(given),
    operands: operands.slice(0, maxOperands),
    problems,
    help: parser.opts()["help"] === true,
  };
}

/** `--stream-url=a-b` means `--stream_url=a-b`. */
function withUnderscores(arg: string): string {
  const [, flag, rest = ""] = /^(--[^=]+)(=.*)?$/s.exec(arg) ?? [];
  return flag === undefined ? arg : "--" + flag.slice(2).replaceAll("-", "_") + rest;
}

/** One flag as the parser met it; `value` is null where the command line holds none. */
function takeFlag(
  given: Map<string, unknown>,
  problems: Problem[],
  name: string,
  kind: Setting["kind"],
  value: string | null,
): void {
  switch (kind) {
    case "switch":
      given.set(name, true);
      break;
    case "list":
      given.set(name, [...(given.get(name) as unknown[] | undefined ?? []), value]);
      break;
    case "number":
      given.set(name, toNumber(value));
      break;
    case "json":
      try {
        if (value === null) throw new SettingError("has no value, must be JSON");
        given.set(name, parseJson(value));
      } catch (error) {
        if (!(error instanceof SettingError)) throw error;
        problems.push({ setting: name, message: error.message });
      }
      break;
    case "text":
      given.set(name, value);
  }
}

/** A decimal number; anything else stays as it is, for the setting's own check to refuse. */
function toNumber(value: string | null): unknown {
  if (value === null || !/^[+-]?(\d+\.?\d*|\.\d+)$/.test(value)) return value;
  // Beyond that it would be shown as another number than was given.
  return Math.abs(Number(value)) > Number.MAX_SAFE_INTEGER ? value : Number(value);
}

/** One problem for each flag that is not ours, and for each word that belongs to no flag. */
function explainUnknown(
  operands: readonly string[],
  unknown: readonly string[],
  settings: SettingTable,
): Problem[] {
  const problems = operands.map(explainOperand);
  let afterFlag = false;
  for (const arg of unknown) {
    const isFlag = /^-./.test(arg);
    if (isFlag) problems.push(explainFlag(arg, settings));
    // The first word after an unknown flag is most likely its value.
    else if (!afterFlag) problems.push(explainOperand(arg));
    afterFlag = isFlag && !arg.includes("=");
  }
  return problems;
}

function explainOperand(value: string): Problem {
  const message = /\.ya?ml$/i.test(value)
    ? phrase`belongs to no flag, did you mean ${"config"}?`
    : "belongs to no flag";
  return { setting: null, value, message };
}

function explainFlag(arg: string, settings: SettingTable): Problem {
  const flag = arg.split("=", 1)[0]!;
  const name = flag.replace(/^-+/, "");
  if (flag.startsWith("--") && settings[name]?.kind === "switch") {
    return { setting: name, message: "takes no value, it is on when it is there" };
  }
  const known = nearest(name, Object.keys(settings));
  const message = known === null
    ? phrase`unknown flag, see ${"help"}`
    : phrase`unknown flag, did you mean ${known}?`;
  return { setting: null, value: flag, message };
}
