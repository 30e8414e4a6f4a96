import { getLogger } from "@logtape/logtape";
import { deepEqual, equal, match } from "node:assert/strict";
import { failureOf } from "../../../tests/support/failure_of.ts";
import { serverConfig } from "../../../tests/support/server_config.ts";
import { collectLog } from "../../../tests/support/log_lines.ts";
import type { Tensors } from "../../frame/tensor.ts";
import { openInference } from "../open.ts";
import { ServerPool } from "../transport/server_pool.ts";
import { KserveRest } from "./kserve_rest.ts";

const inputs: Tensors = {
  image: { datatype: "UINT8", shape: [1, 2], data: Uint8Array.of(0, 255) },
  ids: { datatype: "INT64", shape: [1], data: BigInt64Array.of(-9007199254740993n) },
  flags: { datatype: "BOOL", shape: [2], data: Uint8Array.of(0, 1) },
  half: { datatype: "FP16", shape: [1], data: Float16Array.of(-0.25) },
  text: { datatype: "BYTES", shape: [1], data: [new TextEncoder().encode('grün "1"')] },
};
const body = '{"inputs":[{"name":"image","datatype":"UINT8","shape":[1,2],"data":[0,255]},' +
  '{"name":"ids","datatype":"INT64","shape":[1],"data":[-9007199254740993]},' +
  '{"name":"flags","datatype":"BOOL","shape":[2],"data":[false,true]},' +
  '{"name":"half","datatype":"FP16","shape":[1],"data":[-0.25]},' +
  '{"name":"text","datatype":"BYTES","shape":[1],"data":["grün \\"1\\""]}]}';

Deno.test("infer() over REST sends JSON to a server without binary tensors, and warns of it once", async () => {
  const server = new Strange({ binary: "unknown", extensions: [] });
  await using _server = server.serve();
  using log = collectLog();
  const { logger, messages: lines } = log;
  await using inference = openInference(server.config, logger);
  for (let request = 0; request < 3; request++) {
    deepEqual((await inference.infer(inputs))["y"]?.data, Float32Array.of(0.5));
  }
  deepEqual(server.seen, ["binary", "/v2", body, body, body]);
  equal(lines.length, 1);
  match(lines[0]!, /takes no binary tensors.*several times the bytes/);
});

Deno.test("infer() over REST stays with binary tensors where the server has them, whatever it refuses", async () => {
  const server = new Strange({ binary: "refused", extensions: ["binary_tensor_data"] });
  await using _server = server.serve();
  await using inference = openInference(server.config, getLogger(["test"]));
  for (let request = 0; request < 2; request++) {
    match((await failureOf(inference.infer(inputs))).message, /no such model/);
  }
  deepEqual(server.seen, ["binary", "/v2", "binary"]);
  server.binary = "taken";
  await inference.infer(inputs);
  server.binary = "refused";
  await failureOf(inference.infer(inputs));
  deepEqual(server.seen, ["binary", "/v2", "binary", "binary", "binary"]);
});

Deno.test("infer() over REST tells of a request that is wrong in either form by the words for JSON", async () => {
  const server = new Strange({ binary: "unknown", extensions: [] });
  server.json = { status: 400, body: { error: "input image is too small" } };
  await using _server = server.serve();
  await using inference = openInference(server.config, getLogger(["test"]));
  const failure = await failureOf(inference.infer(inputs));
  match(failure.message, /input image is too small/);
  equal(failure.reason, "invalid_input");
});

Deno.test("infer() over REST looks again for binary tensors once the server was away", async () => {
  const server = new Strange({ binary: "unknown", extensions: [] });
  const port = await (async () => {
    await using running = server.serve();
    return running.port;
  })();
  await using inference = openInference(
    serverConfig({ url: `http://127.0.0.1:${port}` }),
    getLogger(["test"]),
  );
  {
    await using _server = server.serve(port);
    await inference.infer(inputs);
  }
  equal((await failureOf(inference.infer(inputs))).reason, "unavailable");
  server.binary = "taken";
  await using _server = server.serve(port);
  await inference.infer(inputs);
  equal(server.seen.at(-1), "binary");
});

Deno.test("infer() over REST says that JSON carries no pictures and no infinity", async () => {
  const server = new Strange({ binary: "unknown", extensions: [] });
  await using _server = server.serve();
  await using inference = openInference(server.config, getLogger(["test"]));
  const jpeg = { datatype: "BYTES", shape: [1], data: [Uint8Array.of(0xff, 0xd8)] } as const;
  const failure = await failureOf(inference.infer({ jpeg }));
  match(failure.message, /Cannot send input jpeg: .*JSON/);
  match(failure.hint, /--binary_input/);
  const x = { datatype: "FP32", shape: [1], data: Float32Array.of(Infinity) } as const;
  match((await failureOf(inference.infer({ x }))).message, /not every element is a finite number/);
});

/** A KServe server that knows one model, and says what a test likes. */
class Strange {
  /** `unknown`: as MLServer 1.7 does, it takes the tensors' bytes for JSON and stumbles. */
  binary: "taken" | "refused" | "unknown";
  json = { status: 200, body: answer as unknown };
  readonly seen: string[] = [];
  /** Null where nothing is at the place that tells them. */
  readonly #extensions: readonly string[] | null;
  #port = 0;

  constructor({ binary, extensions }: Pick<Strange, "binary"> & { extensions: string[] }) {
    this.binary = binary;
    this.#extensions = extensions;
  }

  get config() {
    return serverConfig({ url: `http://127.0.0.1:${this.#port}` });
  }

  serve(port = 0) {
    const options = { hostname: "127.0.0.1", port, onListen: () => {} };
    const server = Deno.serve(options, (request) => this.#answer(request));
    this.#port = server.addr.port;
    return { port: this.#port, [Symbol.asyncDispose]: () => server.shutdown() };
  }

  async #answer(request: Request): Promise<Response> {
    const { pathname } = new URL(request.url);
    if (pathname.startsWith("/v2/health")) return new Response();
    if (pathname === "/v2") {
      this.seen.push(pathname);
      if (this.#extensions === null) return new Response("Not Found", { status: 404 });
      const name = { name: "strange", version: "1", extensions: this.#extensions };
      return Response.json(name);
    }
    const isBinary = request.headers.has("inference-header-content-length");
    const text = await request.text();
    this.seen.push(isBinary ? "binary" : text);
    if (!isBinary) return Response.json(this.json.body, { status: this.json.status });
    if (this.binary === "taken") return Response.json(answer);
    return this.binary === "refused"
      ? Response.json({ error: "no such model" }, { status: 400 })
      : new Response("Internal Server Error", { status: 500 });
  }
}

const answer = { outputs: [{ name: "y", datatype: "FP32", shape: [1], data: [0.5] }] };

Deno.test("ready() over REST believes the status, and a body that says no", async () => {
  let answer: () => Response = () => new Response();
  await using server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    async (request) => {
      await request.body?.cancel();
      return request.url.endsWith("/ready") ? answer() : new Response();
    },
  );
  const config = serverConfig({ url: `http://127.0.0.1:${server.addr.port}` });
  await using inference = openInference(config, getLogger(["test"]));
  const rows: [answer: () => Response, ready: boolean][] = [
    [() => new Response(), true],
    [() => Response.json({ name: "m", ready: true }), true],
    [() => new Response('{"ready" : false}'), false],
    [() => new Response(null, { status: 503 }), false],
    [() => new Response(" ".repeat(2000) + '"ready":false'), true],
  ];
  for (const [given, ready] of rows) {
    answer = given;
    equal(await inference.ready(), ready);
  }
});

Deno.test("a model is asked over REST by its name and version, as they stand in a URL", async () => {
  const asked: string[] = [];
  await using server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    async (request) => {
      const { pathname } = new URL(request.url);
      asked.push(`${request.method} ${pathname}`);
      await request.body?.cancel();
      if (pathname.endsWith("/infer")) return Response.json(answer);
      const tensor = { name: "x", datatype: "FP32", shape: [-1, 3] };
      return Response.json({ name: "m", versions: ["3"], inputs: [tensor], outputs: [tensor] });
    },
  );
  for (const [modelVersion, path] of [[0, "a%20b%2Fc"], [3, "a%20b%2Fc/versions/3"]] as const) {
    const url = `http://127.0.0.1:${server.addr.port}`;
    const config = serverConfig({ url, modelName: "a b/c", modelVersion });
    await using inference = openInference(config, getLogger(["test"]));
    const { version, inputs: [input] } = await inference.metadata();
    deepEqual([version, input?.shape], ["3", [-1, 3]]);
    await inference.ready();
    await inference.infer(inputs);
    deepEqual(asked.splice(0).filter((line) => !line.includes("/health/")), [
      ...[`GET /v2/models/${path}`, `GET /v2/models/${path}/ready`],
      `POST /v2/models/${path}/infer`,
    ]);
  }
});

Deno.test("infer() over REST tells the first refusal where the server does not say what it can do", async () => {
  for (const extensions of [undefined, "all of them", null]) {
    const server = new Strange({ binary: "unknown", extensions: extensions as never });
    server.json = { status: 400, body: { error: "input image is too small" } };
    await using _server = server.serve();
    await using inference = openInference(server.config, getLogger(["test"]));
    const { reason, message } = await failureOf(inference.infer(inputs));
    equal(reason, "server_error");
    match(message, /HTTP status 500$/);
    // It may still take JSON.
    server.json = { status: 200, body: answer };
    deepEqual((await inference.infer(inputs))["y"]?.data, Float32Array.of(0.5));
  }
});

Deno.test("infer() over REST tries no other form where the form cannot be at fault", async () => {
  const statuses = {
    401: "unauthorized",
    404: "model_not_found",
    408: "timeout",
    503: "unavailable",
  };
  for (const [status, reason] of Object.entries(statuses)) {
    let asked = 0;
    await using server = Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen: () => {} },
      async (request) => {
        await request.body?.cancel();
        if (request.url.includes("/health/")) return new Response();
        asked++;
        return Response.json({ error: "no" }, { status: Number(status) });
      },
    );
    const config = serverConfig({ url: `http://127.0.0.1:${server.addr.port}` });
    await using inference = openInference(config, getLogger(["test"]));
    equal((await failureOf(inference.infer(inputs))).reason, reason);
    equal(asked, 1, status);
  }
});

Deno.test("infer() over REST warns of JSON once, though the server was away in between", async () => {
  const server = new Strange({ binary: "unknown", extensions: [] });
  using log = collectLog();
  let running = server.serve();
  const { port } = running;
  await using inference = openInference(server.config, log.logger);
  await inference.infer(inputs);
  await running[Symbol.asyncDispose]();
  equal((await failureOf(inference.infer(inputs))).reason, "unavailable");
  running = server.serve(port);
  await inference.infer(inputs);
  await running[Symbol.asyncDispose]();
  deepEqual([server.seen.filter((one) => one === "binary").length, log.messages.length], [2, 1]);
});

Deno.test("infer() over REST stays with JSON though a request was refused", async () => {
  const server = new Strange({ binary: "unknown", extensions: [] });
  await using _server = server.serve();
  await using inference = openInference(server.config, getLogger(["test"]));
  await inference.infer(inputs);
  server.json = { status: 400, body: { error: "input image is too small" } };
  equal((await failureOf(inference.infer(inputs))).reason, "invalid_input");
  server.json = { status: 200, body: answer };
  await inference.infer(inputs);
  deepEqual(server.seen, ["binary", "/v2", body, body, body]);
});

Deno.test("a model over REST gives its connection back when it is closed", async () => {
  const server = new Strange({ binary: "taken", extensions: [] });
  await using _server = server.serve();
  const model = await KserveRest.open(server.config, new ServerPool(), getLogger(["test"]));
  equal(await model.ready(), true);
  await model[Symbol.asyncDispose]();
  equal(await model.ready(), false);
});
