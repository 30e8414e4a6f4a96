import assert from "node:assert/strict";
import { modelServerSettings as table } from "../model_server/settings.ts";
import { complete } from "../settings/setting.ts";
import { parseCommand } from "./command_args.ts";

/** With the flags of `model_server`. */
function parse(argv: readonly string[]) {
  const parsed = parseCommand(argv, { table, usage: "model_server", description: "" });
  return parsed.kind === "right" ? { kind: "serve", args: complete(table, parsed.values) } : parsed;
}

const required = ["--model_path", "m.onnx", "--model_name", "m"];
const defaults = {
  modelPath: "m.onnx",
  modelName: "m",
  port: 9000,
  restPort: null,
  grpcBindAddress: "127.0.0.1",
  restBindAddress: "127.0.0.1",
  layout: null,
  shape: null,
  graphs: false,
  streamModel: false,
  servedVersion: 1,
  slow: null,
  logLevel: "INFO",
};

Deno.test("parseCommand() needs a model and its name, and has defaults for the rest", () => {
  assert.deepEqual(parse(required), { kind: "serve", args: defaults });
});

Deno.test("parseCommand() reads every flag, with dashes or underscores, with = or without", () => {
  // deno-fmt-ignore
  const argv = [
    "--model-path=m.onnx", "--model-name", "m", "--port", "1", "--rest-port=0",
    "--grpc_bind_address", "0.0.0.0", "--rest-bind-address", "::1", "--layout", "NHWC:NCHW",
    "--shape", "auto", "--log_level", "debug", "--slow", "25,3000", "--served-version", "2",
    "--graphs", "--stream_model",
  ];
  assert.deepEqual(parse(argv), {
    kind: "serve",
    args: {
      modelPath: "m.onnx",
      modelName: "m",
      port: 1,
      restPort: 0,
      grpcBindAddress: "0.0.0.0",
      restBindAddress: "::1",
      layout: "NHWC:NCHW",
      shape: "auto",
      graphs: true,
      streamModel: true,
      servedVersion: 2,
      slow: { every: 25, delayMs: 3000 },
      logLevel: "DEBUG",
    },
  });
});

// deno-fmt-ignore
const rows: [argv: string[], problems: string[]][] = [
  [[], ["--model_path: missing, must be the ONNX file to serve", "--model_name: missing, must be the name clients ask for"]],
  [[...required, "--port", "70000"], ["--port 70000: must be a whole number from 0 to 65535"]],
  [[...required, "--served_version", "0"], ["--served_version 0: must be a whole number from 1 to 999999999"]],
  [[...required, "--rest_port", "-1"], ["--rest_port -1: must be a whole number from 0 to 65535"]],
  [[...required, "--port"], ["--port: has no value, must be a whole number from 0 to 65535"]],
  [[...required, "--shape", "(1,3)"], ["--shape (1,3): must be auto"]],
  [[...required, "--log_level", "loud"], ["--log_level loud: must be DEBUG, INFO, WARNING or ERROR"]],
  [[...required, "--layout", "NHWC:NCH"], ["--layout NHWC:NCH: must be such as NHWC:NCHW, the same letters on both sides, each once"]],
  [[...required, "--layout", "{"], ["--layout {: not valid JSON"]],
  [[...required, "--slow", "0,5"], ["--slow 0,5: must be such as 25,3000: one request in 25 takes 3000 ms longer"]],
  [[...required, "--prot", "1", "stray"], ["--prot: unknown flag, did you mean --port?", "stray: belongs to no flag"]],
  [["--model_path", "m", "--port", "x", "--shape", "y"], ["--model_name: missing, must be the name clients ask for", "--port x: must be a whole number from 0 to 65535", "--shape y: must be auto"]],
];
for (const [argv, problems] of rows) {
  Deno.test(`parseCommand() refuses ${argv.join(" ") || "no arguments"}`, () => {
    const parsed = parse(argv);
    assert("lines" in parsed);
    assert.deepEqual([...parsed.lines].sort(), problems.sort());
  });
}

Deno.test("parseCommand() shows every flag with --help", () => {
  const parsed = parse(["--help"]);
  assert("text" in parsed);
  const { text } = parsed;
  for (const flag of ["model_path", "model_name", "port", "rest_port", "layout", "shape", "slow"]) {
    assert.match(text, new RegExp(`--${flag} `));
  }
});
