/** `model_server`: the OpenVINO Model Server stand-in as a command. */

import { logVerbosity, setLogVerbosity } from "@grpc/grpc-js";
import { startLog } from "../log/log.ts";
import { type ModelServer, serveModel } from "../model_server/serve.ts";
import { type ModelServerArgs, parseModelServerArgs } from "./model_server_args.ts";

// Whoever sent the signal waits 2 s; requests under way get what the sockets need to close.
const closeTimeoutMs = 1500;

/** Serves until SIGINT or SIGTERM; resolves with the exit code. */
export async function modelServer(argv: string[]): Promise<number> {
  const parsed = parseModelServerArgs(argv);
  switch (parsed.kind) {
    case "help":
      await writeAll(Deno.stdout, parsed.text);
      return 0;
    case "wrong":
      await writeAll(Deno.stderr, parsed.problems.map((line) => `${line}\n`).join(""));
      return 2;
    case "serve":
      return await serve(parsed.args);
  }
}

async function serve(args: ModelServerArgs): Promise<number> {
  // It writes to stderr what its callers are told anyway.
  setLogVerbosity(logVerbosity.NONE);
  const log = startLog({ level: args.logLevel, format: "text" });
  const logger = log.logger.getChild("model_server");
  const stopped = Promise.withResolvers<void>();
  const stop = () => stopped.resolve();
  Deno.addSignalListener("SIGINT", stop);
  Deno.addSignalListener("SIGTERM", stop);
  try {
    const server = await serveModel({ ...args, beforeInfer: delays(args.slow) }, logger);
    // Not a log line: scripts wait for it, whatever the log level.
    await writeAll(Deno.stderr, servingLine(args, server));
    await stopped.promise;
    await closeInTime(server);
    return 0;
  } catch (error) {
    await writeAll(Deno.stderr, `${(error as Error).message}\n`);
    return 1;
  } finally {
    Deno.removeSignalListener("SIGINT", stop);
    Deno.removeSignalListener("SIGTERM", stop);
    await log.flush();
  }
}

function servingLine(args: ModelServerArgs, { port, restPort }: ModelServer): string {
  const rest = restPort === null ? "none" : `${args.restBindAddress}:${restPort}`;
  return `model_server: serving ${args.modelName} on grpc ${args.bindAddress}:${port}, rest ${rest}\n`;
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

async function closeInTime(server: ModelServer): Promise<void> {
  const { promise: late, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, closeTimeoutMs);
  await Promise.race([server[Symbol.asyncDispose](), late]);
  clearTimeout(timer);
}

async function writeAll(to: { write(bytes: Uint8Array): Promise<number> }, text: string) {
  let bytes = new TextEncoder().encode(text);
  while (bytes.length > 0) bytes = bytes.subarray(await to.write(bytes));
}
