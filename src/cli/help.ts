/** The help of `run`, made from the table of settings. */

import { Command, Option } from "commander";
import { groups, type Setting } from "../settings/setting.ts";
import { commandSettings, processSettings, streamSettings } from "../config/settings.ts";

const PROGRAM = Deno.build.standalone ? "sightline" : "deno run -A main.ts";

const COMMANDS = `Commands:
  run           analyse a stream (default)
  demo          the whole chain on the clip and model that ship with Sightline
  model_server  serve an ONNX file as OpenVINO Model Server would
  new NAME      write a plugin and its test, to begin with
  test PLUGIN   run a plugin over a clip and compare with its golden file
  events        what happened, in a table or as JSON, from a --data_dir
  deliveries    what became of each destination's events; deliveries retry
  plugins       what sightline.lock pins; plugins update URL accepts a change
  check CONFIG  what is wrong with a configuration file, or what it comes to
  schema        print the JSON Schema of a configuration file
  permissions   the smallest set of Deno's flags for a command line of run
  types         print the contract that plugins are written to, as one module
  version       print the version
  help COMMAND  flags of another command
`;

const EXAMPLES = `Examples:
  ${PROGRAM} --visualizer_port 5000 \\
    --stream_url rtsp://camera:554/live \\
    --ovms_url localhost:9000 --model_name person-vehicle-bike-detection
  ${PROGRAM} --sink jsonl:records.jsonl \\
    --stream_url clip.mp4 --model_path detector.onnx
  ${PROGRAM} --sink stdout \\
    --stream_url rtsp://0.0.0.0:8554/in --rtsp_listen --model_path detector.onnx
  ${PROGRAM} --config sightline.yaml

Dashes do in place of underscores, and --flag=value in place of --flag value.
`;

/** Wrapped at the terminal's width; 80 columns where there is no terminal. */
export function helpText(): string {
  const command = new Command(PROGRAM)
    .usage("[run] [flags]")
    .description("Live video through a model to events. Defaults stand in brackets.")
    .helpOption(false).configureHelp({ minWidthToWrap: 20 });
  const settings: [string, Setting][] = Object.entries({
    ...commandSettings,
    ...streamSettings,
    ...processSettings,
  });
  // Commander shows groups in the order in which it first meets them.
  for (const group of groups) {
    for (const [name, setting] of settings) {
      if (setting.group === group) command.addOption(toOption(name, setting));
    }
  }
  return `${command.helpInformation()}\n${EXAMPLES}\n${COMMANDS}`;
}

function toOption(name: string, { group, short, value, help, default: fallback }: Setting): Option {
  const long = value === undefined ? `--${name}` : `--${name} <${value}>`;
  const flag = short === undefined ? long : `-${short}, ${long}`;
  return new Option(flag, help + defaultText(fallback)).helpGroup(`${group}:`);
}

function defaultText(value: unknown): string {
  if (value === undefined || value === false || Array.isArray(value)) return "";
  return ` [${value}]`;
}
