/** `help`, and what `run` prints with `--help`. */

import { commandSettings, processSettings, streamSettings } from "../config/settings.ts";
import { groups, type SettingTable } from "../settings/setting.ts";
import { helpOf, program, readCommand } from "./command_args.ts";
import { commands, unknownCommand } from "./commands.ts";
import type { Ending } from "./lifetime.ts";
import { printError } from "./print.ts";

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
  const read = await readCommand(args, {
    table: {},
    usage: "help [COMMAND]",
    description: "Shows the flags of a command, by default those of run.",
    maxOperands: 1,
  });
  if (typeof read === "number") return read;
  const name = (read.operands[0] ?? "run").replaceAll("-", "_");
  if (name === "help") return await help(["--help"], signal, ending);
  const [, load] = Object.hasOwn(commands, name) ? commands[name]! : [];
  if (load === undefined) {
    printError(unknownCommand(name));
    return 2;
  }
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
