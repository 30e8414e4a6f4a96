/** KServe v2's REST protocol with the binary tensor extension, on Node's server. */

import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { createAdaptorServer, type HttpBindings } from "@hono/node-server";
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

/**
 * Serves REST. Node's HTTP server and not `Deno.serve`: of a body that did not come with its head, the
 * latter does not notice that the client has broken off, and the model would run in vain.
 * @throws {Error} when the port is taken
 */
export async function serveRest(
  servable: Servable,
  { hostname, port }: { hostname: string; port: number },
  logger: Logger,
): Promise<RestServer> {
  const { fetch } = routes(servable, logger);
  const server = createAdaptorServer({ fetch, overrideGlobalObjects: false }) as Server;
  server.on("clientError", (_error, socket) => socket.destroy());
  await new Promise<void>((resolve, reject) => {
    server.once("error", (cause: Error & { readonly code?: string }) => {
      const isTaken = cause.code === "EADDRINUSE";
      const reason = isTaken ? "the port is taken, --rest_port names another" : cause.message;
      reject(new Error(`Cannot serve REST on ${hostname}:${port}: ${reason}`, { cause }));
    });
    server.listen(port, hostname, resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
    },
  };
}

type Env = { readonly Bindings: HttpBindings };

/** Aborts when the client breaks off. */
function untilGone({ env: { outgoing } }: Context<Env>): AbortSignal {
  const gone = new AbortController();
  outgoing.once("close", () => gone.abort());
  if (outgoing.destroyed) gone.abort();
  return gone.signal;
}

/** The routes of one model. */
function routes(servable: Servable, logger: Logger): Hono<Env> {
  const app = new Hono<Env>();
  const { metrics } = servable;

  function check(context: Context): void {
    checkModel(servable, context.req.param("name") ?? "", context.req.param("version") ?? "");
  }

  async function infer(context: Context<Env>): Promise<Response> {
    const signal = untilGone(context);
    const length = context.req.header("inference-header-content-length");
    const body = await readBody(context.req.raw);
    const request = readRestRequest(body, length, servable.inputs);
    const name = context.req.param("name");
    if (name !== servable.name) throw new ServerError("graph_name_missing");
    check(context);
    const outputs = await servable.infer(request.inputs, request.outputs, signal);
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
