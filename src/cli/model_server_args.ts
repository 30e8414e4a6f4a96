/** The flags of `model_server`: OpenVINO Model Server's own names, checked all at once. */

import { parseLayouts } from "../model_server/layout.ts";
import { checkWhole } from "../settings/check_table.ts";
import type { Problem } from "../settings/problem.ts";
import { problemLine } from "../settings/problem_line.ts";
import {
  choice,
  complete,
  integer,
  parsed,
  required,
  type Resolved,
  SettingError,
  text,
} from "../settings/setting.ts";
import { parseTable } from "./flags.ts";
import { commandHelp } from "./help.ts";

const table = {
  model_path: required(
    text("the ONNX file to serve", { value: "FILE", help: "the ONNX file (required)" }),
  ),
  model_name: required(
    text("the name clients ask for", {
      value: "NAME",
      help: "the name clients ask for (required)",
    }),
  ),
  port: integer(0, 65535, { value: "PORT", default: 9000, help: "gRPC port, 0 = a free one" }),
  rest_port: integer(0, 65535, {
    value: "PORT",
    help: "REST port, 0 = a free one (default: no REST)",
  }),
  grpc_bind_address: text("an address of this machine", {
    value: "IP",
    default: "127.0.0.1",
    help: "address of the gRPC port",
  }),
  rest_bind_address: text("an address of this machine", {
    value: "IP",
    default: "127.0.0.1",
    help: "address of the REST port",
  }),
  layout: parsed("such as NHWC:NCHW", checkedLayout, {
    value: "LAYOUT",
    help: "NHWC:NCHW lets clients send NHWC (JPEG included) to a model that takes NCHW; " +
      'for several inputs as JSON: {"image":"NHWC:NCHW"}',
  }),
  shape: choice(["auto"], {
    value: "WORD",
    help: "auto: accept pictures of any size and scale them to the model's",
  }),
  log_level: choice(["DEBUG", "INFO", "WARNING", "ERROR"], {
    value: "LEVEL",
    default: "INFO",
    help: "DEBUG, INFO, WARNING or ERROR",
  }),
  served_version: integer(1, 999_999_999, {
    value: "N",
    default: 1,
    help: "not OVMS's: the version that it says it serves",
  }),
  slow: parsed("such as 25,3000: one request in 25 takes 3000 ms longer", parseSlow, {
    value: "N,MS",
    help: "not OVMS's: answer one request in n so many milliseconds late",
  }),
};

/** What the command line says. `slow`: one request in `every` is answered `delayMs` late. */
export type ModelServerArgs = Resolved<typeof table>;

/** Outcome of reading the command line: settings, a text to show, or one line for each problem. */
export type ParsedModelServerArgs =
  | { readonly kind: "serve"; readonly args: ModelServerArgs }
  | { readonly kind: "help"; readonly text: string }
  | { readonly kind: "wrong"; readonly problems: readonly string[] };

/** Reads the arguments after `model_server`; dashes do for underscores. */
export function parseModelServerArgs(argv: readonly string[]): ParsedModelServerArgs {
  const parsed = parseTable(argv, table);
  if (parsed.help) {
    const text = commandHelp({
      usage: "model_server --model_path FILE --model_name NAME [flags]",
      description:
        "Serves an ONNX file as OpenVINO Model Server would: KServe v2 and TensorFlow Serving over " +
        "gRPC, KServe v2 over REST. A stand-in for trying things out and for tests.",
    }, table);
    return { kind: "help", text };
  }
  const problems: Problem[] = [...parsed.problems];
  const values = checkWhole(table, parsed.given, problems);
  return problems.length > 0
    ? { kind: "wrong", problems: problems.map(problemLine) }
    : { kind: "serve", args: complete(table, values) };
}

function checkedLayout(text: string): string {
  try {
    parseLayouts(text);
  } catch (error) {
    const { message } = error as Error;
    throw new SettingError(message.slice(message.lastIndexOf(": ") + 2));
  }
  return text;
}

function parseSlow(text: string): { readonly every: number; readonly delayMs: number } {
  const [, every, delayMs] = /^(\d{1,9}),(\d{1,9})$/.exec(text) ?? [];
  if (!(Number(every) > 0)) throw new SettingError();
  return { every: Number(every), delayMs: Number(delayMs) };
}
