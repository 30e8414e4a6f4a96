/** The flags of `model_server`: OpenVINO Model Server's own names, checked all at once. */

import { Command, CommanderError } from "commander";
import { parseLayouts } from "../model_server/layout.ts";

/** What the command line says. */
export interface ModelServerArgs {
  readonly modelPath: string;
  readonly modelName: string;
  readonly port: number;
  readonly restPort: number | undefined;
  readonly bindAddress: string;
  readonly restBindAddress: string;
  readonly layout: string | undefined;
  readonly anyShape: boolean;
  /** The version that it says it serves. */
  readonly version: number;
  /** One request in `every` is answered `delayMs` late; null = none. */
  readonly slow: { readonly every: number; readonly delayMs: number } | null;
  readonly logLevel: "DEBUG" | "INFO" | "WARNING" | "ERROR";
}

/** Outcome of reading the command line: settings, a text to show, or one line for each problem. */
export type ParsedModelServerArgs =
  | { readonly kind: "serve"; readonly args: ModelServerArgs }
  | { readonly kind: "help"; readonly text: string }
  | { readonly kind: "wrong"; readonly problems: readonly string[] };

const levels = ["DEBUG", "INFO", "WARNING", "ERROR"] as const;

/** Reads the arguments after `model_server`; dashes do for underscores. */
export function parseModelServerArgs(argv: readonly string[]): ParsedModelServerArgs {
  let help = "";
  const command = describeCommand((text) => help += text);
  try {
    command.parse(argv.map(withUnderscores), { from: "user" });
  } catch (error) {
    if (error instanceof CommanderError && help !== "") return { kind: "help", text: help };
    throw error;
  }
  const problems = strangers(command.args);
  // A value is optional to the parser, so that a missing one is ours to report, with the others.
  const values: Record<string, string | undefined> = {};
  for (const [name, value] of Object.entries(command.opts<Record<string, string | true>>())) {
    if (value === true) problems.push(`--${name}: needs a value`);
    values[name] = value === true ? undefined : value;
  }
  const args = resolve(values, problems);
  return problems.length > 0 ? { kind: "wrong", problems } : { kind: "serve", args };
}

function describeCommand(showHelp: (text: string) => void): Command {
  return new Command("model_server")
    .description(
      "Serves an ONNX file as OpenVINO Model Server would: KServe v2 and TensorFlow Serving over " +
        "gRPC, KServe v2 over REST. A stand-in for trying things out and for tests.",
    )
    .option("--model_path [file]", "the ONNX file (required)")
    .option("--model_name [name]", "the name clients ask for (required)")
    .option("--port [port]", "gRPC port, 0 = a free one", "9000")
    .option("--rest_port [port]", "REST port, 0 = a free one (default: no REST)")
    .option("--grpc_bind_address [ip]", "address of the gRPC port", "127.0.0.1")
    .option("--rest_bind_address [ip]", "address of the REST port", "127.0.0.1")
    .option(
      "--layout [layout]",
      "NHWC:NCHW lets clients send NHWC (JPEG included) to a model that takes NCHW; " +
        'for several inputs as JSON: {"image":"NHWC:NCHW"}',
    )
    .option("--shape [shape]", "auto: accept pictures of any size and scale them to the model's")
    .option("--log_level [level]", levels.join(", "), "INFO")
    .option("--served_version [n]", "not OVMS's: the version that it says it serves", "1")
    .option("--slow [n,ms]", "not OVMS's: answer one request in n so many milliseconds late")
    .helpOption("--help", "show this")
    .usage("--model_path <file> --model_name <name> [options]")
    .configureHelp({ optionTerm: ({ flags }) => flags.replace("[", "<").replace("]", ">") })
    .allowUnknownOption()
    .allowExcessArguments()
    .exitOverride()
    .configureOutput({ writeOut: showHelp, writeErr: () => {} });
}

function resolve(
  values: Record<string, string | undefined>,
  problems: string[],
): ModelServerArgs {
  const shape = values["shape"];
  if (shape !== undefined && shape !== "auto") {
    problems.push(`--shape ${shape}: must be auto, or left out`);
  }
  const level = (values["log_level"] ?? "INFO").toUpperCase();
  if (!isLevel(level)) problems.push(`--log_level ${level}: must be one of ${levels.join(", ")}`);
  return {
    modelPath: required("model_path", "the ONNX file to serve"),
    modelName: required("model_name", "the name clients ask for"),
    port: portOf("port", values["port"], problems) ?? 9000,
    restPort: portOf("rest_port", values["rest_port"], problems),
    bindAddress: values["grpc_bind_address"] ?? "127.0.0.1",
    restBindAddress: values["rest_bind_address"] ?? "127.0.0.1",
    layout: layoutOf(values["layout"], problems),
    anyShape: shape === "auto",
    version: versionOf(values["served_version"], problems),
    slow: slowOf(values["slow"], problems),
    logLevel: isLevel(level) ? level : "INFO",
  };

  function required(name: string, meaning: string): string {
    const value = values[name] ?? "";
    if (value === "" && !(name in values)) problems.push(`--${name}: missing; it is ${meaning}`);
    return value;
  }
}

function isLevel(level: string): level is ModelServerArgs["logLevel"] {
  return levels.some((known) => known === level);
}

function portOf(name: string, text: string | undefined, problems: string[]): number | undefined {
  if (text === undefined) return undefined;
  if (/^\d{1,5}$/.test(text) && Number(text) <= 65535) return Number(text);
  problems.push(`--${name} ${text}: must be a whole number from 0 to 65535`);
  return undefined;
}

function layoutOf(text: string | undefined, problems: string[]): string | undefined {
  if (text === undefined) return undefined;
  try {
    parseLayouts(text);
  } catch (error) {
    const { message } = error as Error;
    problems.push(`--layout ${text}: ${message.slice(message.lastIndexOf(": ") + 2)}`);
  }
  return text;
}

function versionOf(text = "1", problems: string[]): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) {
    problems.push(`--served_version ${text}: must be a whole number from 1 to 999999999`);
  }
  return Number(text);
}

function slowOf(text: string | undefined, problems: string[]): ModelServerArgs["slow"] {
  if (text === undefined) return null;
  const [, every, delayMs] = /^(\d{1,9}),(\d{1,9})$/.exec(text) ?? [];
  if (Number(every) > 0) return { every: Number(every), delayMs: Number(delayMs) };
  problems.push(
    `--slow ${text}: must be such as 25,3000: one request in 25 takes 3000 ms longer`,
  );
  return null;
}

// What commander could not place: unknown flags with their values, and arguments too many.
function strangers(rest: readonly string[]): string[] {
  return rest.flatMap((text, i) => {
    if (text.startsWith("-")) return [`${text}: unknown flag; --help lists the known ones`];
    return rest[i - 1]?.startsWith("-") ? [] : [`${text}: unexpected argument`];
  });
}

function withUnderscores(text: string): string {
  if (!text.startsWith("--")) return text;
  const [flag = "", ...value] = text.split("=");
  return [`--${flag.slice(2).replaceAll("-", "_")}`, ...value].join("=");
}
