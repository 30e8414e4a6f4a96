/** The routes of KServe v2's REST protocol, with the binary tensor extension. */

import type { Logger } from "@logtape/logtape";
import { type Context, Hono } from "hono";
import { checkModel, describeModel, serverMetadata } from "./kserve_service.ts";
import { readRestRequest, writeRestResponse } from "./rest_message.ts";
import { type Servable, servedVersion } from "./servable.ts";
import { ServerError } from "./server_error.ts";

/** The REST protocol of one model. */
export function restApp(servable: Servable, logger: Logger): Hono {
  const app = new Hono();
  const nothing = (context: Context) => context.body(null, 200);

  function check(context: Context): void {
    checkModel(servable, context.req.param("name") ?? "", context.req.param("version") ?? "");
  }

  async function infer(context: Context): Promise<Response> {
    const length = context.req.header("inference-header-content-length");
    const body = new Uint8Array(await context.req.arrayBuffer());
    const request = readRestRequest(body, length, servable.inputs);
    const name = context.req.param("name");
    if (name !== servable.name) throw new ServerError("graph_name_missing");
    check(context);
    const outputs = await servable.infer(request.inputs);
    const head = { model_name: name, model_version: String(servedVersion) };
    return writeRestResponse(head, request, outputs);
  }

  app.get("/v2", (context) => context.json(serverMetadata));
  app.get("/v2/health/live", nothing);
  app.get("/v2/health/ready", nothing);
  for (const model of ["/v2/models/:name", "/v2/models/:name/versions/:version{[0-9]+}"]) {
    app.get(model, (context) => {
      check(context);
      return context.json(describeModel(servable));
    });
    app.get(`${model}/ready`, (context) => {
      check(context);
      return nothing(context);
    });
    app.post(`${model}/infer`, infer);
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

function refuse(error: ServerError): Response {
  return Response.json({ error: error.message }, { status: error.httpStatus });
}
