import { getLogger } from "@logtape/logtape";
import { deepEqual, equal, match, ok } from "node:assert/strict";
import { failureOf } from "../../../tests/support/failure_of.ts";
import { noCertificates, withCertificates } from "../../../tests/support/with_certificates.ts";
import { serverConfig } from "../../../tests/support/server_config.ts";
import type { Tensors } from "../../frame/tensor.ts";
import { HttpConnection } from "./http_connection.ts";
import { openInference } from "../open.ts";

const floats: Tensors = { x: { datatype: "FP32", shape: [1], data: Float32Array.of(1) } };

Deno.test("a loaded REST server may take its time until it answers, and a request no longer than it has", async () => {
  const late = Promise.withResolvers<void>();
  const asked: string[] = [];
  await using server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    async (request) => {
      asked.push(new URL(request.url).pathname);
      await late.promise;
      await request.body?.cancel();
      const outputs = [{ name: "y", datatype: "FP32", shape: [1], data: [0.5] }];
      return Response.json({ outputs });
    },
  );
  const url = `http://127.0.0.1:${server.addr.port}`;
  await using patient = openInference(serverConfig({ url }), getLogger(["test"]));
  await using hasty = openInference(serverConfig({ url, timeoutMs: 200 }), getLogger(["test"]));
  const answer = patient.infer(floats);
  const failure = await failureOf(hasty.infer(floats));
  equal(failure.reason, "unavailable");
  match(failure.message, /no answer within 200 ms/);
  const controller = new AbortController();
  const abandoned = failureOf(patient.infer(floats, { signal: controller.signal }));
  controller.abort();
  equal((await abandoned).reason, "cancelled");
  deepEqual(asked, ["/v2/health/live", "/v2/health/live"], "one probe for each, and no request");
  setTimeout(late.resolve, 1500);
  deepEqual((await answer)["y"]?.data, Float32Array.of(0.5));
});

Deno.test("closing gives up a server that does not answer", async () => {
  const arrived = Promise.withResolvers<void>();
  const release = Promise.withResolvers<void>();
  await using server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    async () => {
      arrived.resolve();
      await release.promise;
      return new Response();
    },
  );
  const url = `http://127.0.0.1:${server.addr.port}`;
  const inference = openInference(serverConfig({ url }), getLogger(["test"]));
  const failure = failureOf(inference.infer(floats));
  await arrived.promise;
  await inference[Symbol.asyncDispose]();
  equal((await failure).reason, "cancelled");
  release.resolve();
});

Deno.test("an answer of a REST server is bounded: in all, and what of it is JSON", async () => {
  const mebibyte = new Uint8Array(2 ** 20).fill(32);
  let sent = 0;
  let mebibytes = 0;
  await using server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    async (request) => {
      await request.body?.cancel();
      if (request.method === "GET") return new Response();
      sent = 0;
      return new Response(
        new ReadableStream({
          pull(controller) {
            if (sent++ === mebibytes) controller.close();
            else controller.enqueue(mebibyte);
          },
        }),
      );
    },
  );
  const url = `http://127.0.0.1:${server.addr.port}`;
  await using inference = openInference(
    serverConfig({ url, timeoutMs: 60_000 }),
    getLogger(["test"]),
  );
  mebibytes = 33;
  const { message } = await failureOf(inference.infer(floats));
  match(message, /it is 34603008 bytes of JSON, at most 32 MiB are read/);
  mebibytes = Infinity;
  match((await failureOf(inference.infer(floats))).message, /its answer is longer than 256 MiB/);
  ok(sent < 300, `${sent} MiB were taken`);
});

const noTls = { caFile: null, certFile: null, keyFile: null };

/** Asks a server that answers as it is told, and notes what it was asked. */
async function withServer(
  answer: (request: Request) => Response | Promise<Response>,
  use: (open: (url?: string) => Promise<HttpConnection>, seen: readonly string[]) => Promise<void>,
): Promise<void> {
  const seen: string[] = [];
  await using server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    async (request) => {
      const { pathname } = new URL(request.url);
      const text = await request.text();
      const key = request.headers.get("authorization") ?? "";
      seen.push([request.method, pathname, text, key].join(" ").trim());
      return await answer(request);
    },
  );
  const probe = { path: "/probe" };
  const open = (url = "http://HOST") =>
    HttpConnection.open(url.replace("HOST", `127.0.0.1:${server.addr.port}`), noTls, probe);
  await use(open, seen);
}

Deno.test("HttpConnection probes once, then asks; GET without a body, POST with one", async () => {
  await withServer(() => new Response("yes", { status: 418 }), async (open, seen) => {
    using connection = await open("http://us%40er:p%3As@HOST/below/");
    const first = await connection.ask({ path: "/a" }, 5000);
    deepEqual([first.status, new TextDecoder().decode(first.body)], [418, "yes"]);
    const body = new TextEncoder().encode("x");
    await connection.ask({ path: "/b", body, headers: { "content-type": "text/plain" } }, 5000);
    const key = `Basic ${btoa("us@er:p:s")}`;
    deepEqual(seen, [
      `GET /below/probe  ${key}`,
      `GET /below/a  ${key}`,
      `POST /below/b x ${key}`,
    ]);
    match(connection.name, /^http:\/\/127\.0\.0\.1:\d+\/below$/);
  });
});

Deno.test("HttpConnection sends no credentials where the address has none", async () => {
  await withServer(() => new Response(), async (open, seen) => {
    using connection = await open();
    await connection.ask({ path: "/a" }, 5000);
    deepEqual(seen, ["GET /probe", "GET /a"]);
    equal(
      (await failureOf(connection.ask({ path: "/a" }, 5000, { signal: AbortSignal.abort() })))
        .reason,
      "cancelled",
    );
    equal(seen.length, 2);
  });
});

Deno.test("HttpConnection probes again after a request that nothing was answered beside", async () => {
  const held = Promise.withResolvers<Response>();
  const slow = (request: Request) => request.url.endsWith("/slow") ? held.promise : new Response();
  await withServer(slow, async (open, seen) => {
    using connection = await open();
    await connection.ask({ path: "/a" }, 5000);
    // Something is answered meanwhile: that server is only slow.
    const beside = failureOf(connection.ask({ path: "/slow" }, 700));
    await connection.ask({ path: "/a" }, 5000);
    const { reason, message } = await beside;
    equal(reason, "timeout");
    match(message, /no answer within 700 ms/);
    await connection.ask({ path: "/a" }, 5000);
    equal(seen.filter((line) => line === "GET /probe").length, 1);
    equal((await failureOf(connection.ask({ path: "/slow" }, 50))).reason, "timeout");
    await connection.ask({ path: "/a" }, 5000);
    deepEqual(seen.slice(-3), ["GET /slow", "GET /probe", "GET /a"]);
    held.resolve(new Response());
  });
});

Deno.test("HttpConnection follows no redirect, and is unavailable where nothing listens", async () => {
  const redirect = () => new Response(null, { status: 302, headers: { location: "/else" } });
  await withServer(redirect, async (open, seen) => {
    using connection = await open();
    equal((await connection.ask({ path: "/a" }, 5000)).status, 302);
    deepEqual(seen, ["GET /probe", "GET /a"]);
  });
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  listener.close();
  const url = `http://127.0.0.1:${(listener.addr as Deno.NetAddr).port}`;
  using connection = await HttpConnection.open(url, noTls, { path: "/" });
  const failure = await failureOf(connection.ask({ path: "/a" }, 5000));
  equal(failure.reason, "unavailable");
  match(failure.message, /refused/i);
});

Deno.test("HttpConnection looks for another protocol only where nothing was ever understood", async () => {
  // It closes the connection on whatever it is asked, and counts who comes.
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const greetings: string[] = [];
  const running = (async () => {
    for await (const connection of listener) {
      const space = new Uint8Array(1024);
      const length = await connection.read(space).catch(() => null) ?? 0;
      greetings.push(new TextDecoder("latin1").decode(space.subarray(0, length)).slice(0, 4));
      connection.close();
    }
  })().catch(() => {});
  const url = `http://127.0.0.1:${(listener.addr as Deno.NetAddr).port}`;
  using connection = await HttpConnection.open(url, noTls, { path: "/" });
  equal((await failureOf(connection.ask({ path: "/a" }, 5000))).reason, "unavailable");
  // The probe, and then a look for HTTP, TLS and HTTP/2.
  ok(greetings.length >= 3, `${greetings}`);
  ok(greetings.includes("PRI "), `${greetings}`);
  listener.close();
  await running;
});

Deno.test({
  name: "HttpConnection trusts the authority of its file, and no other",
  ignore: noCertificates !== null,
  fn: async () => {
    await using files = await withCertificates();
    const [cert, key] = await Promise.all([files.serverCert, files.serverKey].map((file) => {
      return Deno.readTextFile(file);
    }));
    await using server = Deno.serve(
      { hostname: "127.0.0.1", port: 0, cert: cert!, key: key!, onListen: () => {} },
      () => new Response("yes"),
    );
    const url = `https://localhost:${server.addr.port}`;
    const probe = { path: "/" };
    using trusting = await HttpConnection.open(url, { ...noTls, caFile: files.ca }, probe);
    equal((await trusting.ask({ path: "/a" }, 5000)).status, 200);
    using wary = await HttpConnection.open(url, noTls, probe);
    match((await failureOf(wary.ask({ path: "/a" }, 5000))).message, /certificate/i);
  },
});
