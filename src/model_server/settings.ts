/** What is set for `model_server`, by OpenVINO Model Server's own names. */

import {
  choice,
  integer,
  parsed,
  required,
  type Resolved,
  SettingError,
  text,
  toggle,
} from "../settings/setting.ts";
import { parseLayouts } from "./layout.ts";

/** The rows, in the order of the help. */
export const modelServerSettings = {
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
  graphs: toggle({
    help: "not OVMS's: serve graphs over the model too, for streams, see docs/graphs.md",
  }),
  stream_model: toggle({
    help: "not OVMS's: answer requests to the model in streams too, as Triton does",
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

/** Complete settings. `slow`: one request in `every` is answered `delayMs` late. */
export type ModelServerArgs = Resolved<typeof modelServerSettings>;

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
