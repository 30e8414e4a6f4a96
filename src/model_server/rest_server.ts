/** KServe v2's REST protocol with the binary tensor extension, on `Deno.serve`. */

import type { Logger } from "@logtape/logtape";
import { type Context, Hono } from "hono";
import { checkModel, describeModel, serverMetadata } from "./kserve_service.ts";
import { gather, inflate } from "./inflate.ts";
import { readRestRequest, writeRestResponse } from "./rest_message.ts";
import type { Servable } from "./servable.ts";
import { ServerError } from "./server_error.ts";

/** Where the REST protocol is served. */
export interface RestServer {
  readonly port: number;
  [Symbol.asyncDispose](): Promise<void>;
}

/** Serves REST; @throws {Error} when the port is taken. */
export function serveRest(
  servable: Servable,
  { hostname, port }: { hostname: string; port: number },
  logger: Logger,
): RestServer {
  const stop = new AbortController();
  let server: Deno.HttpServer<Deno.NetAddr>;
  try {
    const { fetch } = routes(servable, logger);
    const options = { hostname, port, signal: stop.signal, onListen: () => {} };
    server = Deno.serve(options, (request) => fetch(request));
  } catch (cause) {
    const taken = cause instanceof Deno.errors.AddrInUse;
    const reason = taken
      ? "the port is taken, --rest_port names another"
      : (cause as Error).message;
    throw new Error(`Cannot serve REST on ${hostname}:${port}: ${reason}`, { cause });
  }
  return {
    port: server.addr.port,
    async [Symbol.asyncDispose]() {
      stop.abort();
      await server.finished;
    },
  };
}

/** The routes of one model. */
function routes(servable: Servable, logger: Logger): Hono {
  const app = new Hono();
  const { metrics } = servable;

  function check(context: Context): void {
    checkModel(servable, context.req.param("name") ?? "", context.req.param("version") ?? "");
  }

  async function infer(context: Context): Promise<Response> {
    const length = context.req.header("inference-header-content-length");
    const body = await readBody(context.req.raw);
    const request = readRestRequest(body, length, servable.inputs);
    const name = context.req.param("name");
    if (name !== servable.name) throw new ServerError("graph_name_missing");
    check(context);
    const outputs = await servable.infer(request.inputs, request.outputs);
    const head = { model_name: name, model_version: String(servable.version) };
    return writeRestResponse(head, request, outputs);
  }

  app.get("/v2", (context) => context.json(serverMetadata));
  app.get("/v2/health/live", (context) => context.json({ live: true }));
  app.get("/v2/health/ready", (context) => context.json({ ready: true }));
  app.get("/v1/config", (context) => context.json(configStatus(servable)));
  app.get(
    "/metrics",
    async (context) =>
      context.body(await metrics.text(), 200, { "content-type": metrics.contentType }),
  );
  // Triton's, for clients that offer their memory before they ask.
  for (const kind of ["systemsharedmemory", "cudasharedmemory"]) {
    app.all(`/v2/${kind}/*`, () => refuse(new ServerError("shared_memory")));
  }
  for (const model of ["/v2/models/:name", "/v2/models/:name/versions/:version{[0-9]+}"]) {
    app.get(model, (context) =>
      metrics.watch("REST", "ModelMetadata", () => {
        check(context);
        const parameters = servable.properties;
        return context.json({
          ...describeModel(servable),
          ...(Object.keys(parameters).length > 0 && { parameters }),
        });
      }));
    app.get(`${model}/ready`, (context) =>
      metrics.watch("REST", "ModelReady", () => {
        check(context);
        return context.json({ name: servable.name, ready: true });
      }));
    app.post(
      `${model}/infer`,
      (context) => metrics.watch("REST", "ModelInfer", () => infer(context)),
    );
    app.get(`${model}/infer`, () => refuse(new ServerError("method")));
  }
  app.notFound(() => refuse(new ServerError("url")));
  app.onError((error) => {
    if (error instanceof ServerError) return refuse(error);
    logger.error("Cannot answer a REST request: {message}", { message: error.message });
    return Response.json({ error: "Unknown error" }, { status: 500 });
  });
  return app;
}

/** All of a body, decompressed where it came so. */
async function readBody({ headers, body }: Request): Promise<Uint8Array> {
  if (body === null) return new Uint8Array();
  const coding = (headers.get("content-encoding") ?? "identity").trim().toLowerCase();
  try {
    return coding === "identity" ? await gather(body) : await inflate(body, coding);
  } catch (cause) {
    // The client broke off: the answer is not read, which is no error of the server.
    throw cause instanceof ServerError ? cause : new ServerError("body", undefined, { cause });
  }
}

/** What OVMS says of the models of its configuration. */
function configStatus({ name, version: served }: Servable): object {
  const status = { error_code: "OK", error_message: "OK" };
  const version = { version: String(served), state: "AVAILABLE", status };
  return { [name]: { model_version_status: [version] } };
}

function refuse(error: ServerError): Response {
  return Response.json({ error: error.message }, { status: error.httpStatus });
}
