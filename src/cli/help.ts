/** What commands print with `--help`, made from their tables of settings. */

import { Command, Option } from "commander";
import { commandSettings, processSettings, streamSettings } from "../config/settings.ts";
import { asFlag, sentence } from "../settings/problem_line.ts";
import { groups, type Setting, type SettingTable } from "../settings/setting.ts";
import { commands } from "./commands.ts";
import type { Ending } from "./lifetime.ts";

/** The program as the user starts it. */
const program = Deno.build.standalone ? "sightline" : "deno run -A main.ts";

const examples = `Examples:
  ${program} --visualizer_port 5000 \\
    --stream_url rtsp://camera:554/live \\
    --ovms_url localhost:9000 --model_name person-vehicle-bike-detection
  ${program} --sink jsonl:records.jsonl \\
    --stream_url clip.mp4 --model_path detector.onnx
  ${program} --sink stdout \\
    --stream_url rtsp://0.0.0.0:8554/in --rtsp_listen --model_path detector.onnx
  ${program} --config sightline.yaml

Dashes do in place of underscores, and --flag=value in place of --flag value.
`;

/** `help COMMAND`: what that command prints with `--help`; resolves to the exit code. */
export async function help(args: string[], signal: AbortSignal, ending: Ending): Promise<number> {
  const name = (args[0] ?? "").replaceAll("-", "_");
  const isOther = name !== "help" && Object.hasOwn(commands, name);
  const [, load] = commands[isOther ? name : "run"]!;
  return await (await load())(["--help"], signal, ending);
}

/** The help of `run`, with examples and all commands. */
export function helpText(): string {
  const about = {
    usage: "[run] [flags]",
    description: "Live video through a model to events. Defaults stand in brackets.",
  };
  const settings: SettingTable = { ...commandSettings, ...streamSettings, ...processSettings };
  // Commander shows groups in the order in which it first meets them.
  const byGroup = groups.flatMap((group) =>
    Object.entries(settings).filter(([, setting]) => setting.group === group)
  );
  const list = Object.entries(commands).map(([name, [help, , operand]]) =>
    `  ${(operand === undefined ? name : `${name} ${operand}`).padEnd(14)}${help}\n`
  );
  const flags = helpOf(about, byGroup, (setting) => `${setting.group}:`);
  return `${flags}\n${examples}\nCommands:\n${list.join("")}`;
}

/** What the help says beside the flags. */
export interface CommandAbout {
  /** The command with what stands behind it, such as `new NAME [flags]`. */
  readonly usage: string;
  readonly description: string;
}

/** The help of a command whose flags are a table of settings of its own. */
export function commandHelp(about: CommandAbout, settings: SettingTable): string {
  return helpOf(about, Object.entries(settings));
}

/** Wrapped at the terminal's width; 80 columns where there is no terminal. */
function helpOf(
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
