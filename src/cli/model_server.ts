/** `model_server`: the OpenVINO Model Server stand-in as a command. */

import { startLog } from "../log/log.ts";
import { type ModelServer, serveModel } from "../model_server/serve.ts";
import { type ModelServerArgs, modelServerSettings } from "../model_server/settings.ts";
import { complete } from "../settings/setting.ts";
import { whenAborted } from "../unless_aborted.ts";
import { readCommand } from "./command_args.ts";
import { printError } from "./print.ts";

/** Serves until `signal` aborts; resolves with the exit code. */
export async function modelServer(argv: string[], signal: AbortSignal): Promise<number> {
  const read = await readCommand(argv, {
    table: modelServerSettings,
    usage: "model_server --model_path FILE --model_name NAME [flags]",
    description:
      "Serves an ONNX file as OpenVINO Model Server would: KServe v2 and TensorFlow Serving over " +
      "gRPC, KServe v2 over REST. A stand-in for trying things out and for tests.",
  });
  return typeof read === "number"
    ? read
    : await serve(complete(modelServerSettings, read.values), signal);
}

async function serve(args: ModelServerArgs, signal: AbortSignal): Promise<number> {
  const log = startLog({ level: args.logLevel, format: "text" });
  const logger = log.logger.getChild("model_server");
  let server: ModelServer;
  try {
    server = await serveModel({
      modelPath: args.modelPath,
      modelName: args.modelName,
      port: args.port,
      restPort: args.restPort ?? undefined,
      bindAddress: args.grpcBindAddress,
      restBindAddress: args.restBindAddress,
      layout: args.layout ?? undefined,
      anyShape: args.shape === "auto",
      version: args.servedVersion,
      graphs: args.graphs,
      streamsModel: args.streamModel,
      beforeInfer: delays(args.slow),
    }, logger);
  } catch (error) {
    printError((error as Error).message);
    return 1;
  }
  await using _served = server;
  // Not a log line: scripts wait for it, whatever the log level.
  printError(servingLine(args, server));
  await whenAborted(signal);
  return 0;
}

function servingLine(args: ModelServerArgs, { port, restPort }: ModelServer): string {
  const rest = restPort === null ? "none" : `${args.restBindAddress}:${restPort}`;
  return `model_server: serving ${args.modelName} on grpc ${args.grpcBindAddress}:${port}, rest ${rest}`;
}

function delays(slow: ModelServerArgs["slow"]): ((request: number) => Promise<void>) | undefined {
  if (slow === null) return undefined;
  return async function delayOneInSo(request) {
    if (request % slow.every !== slow.every - 1) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    // A late answer is no reason to stay alive.
    Deno.unrefTimer(setTimeout(resolve, slow.delayMs));
    await promise;
  };
}
