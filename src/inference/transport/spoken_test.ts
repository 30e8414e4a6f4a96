/** Addresses of one protocol where another is spoken: each is told as just that. */

import { ServerCredentials } from "@grpc/grpc-js";
import { getLogger } from "@logtape/logtape";
import { Buffer } from "node:buffer";
import { equal, match } from "node:assert/strict";
import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import { createServer as createSecureServer } from "node:https";
import type { AddressInfo } from "node:net";
import { failureOf } from "../../../tests/support/failure_of.ts";
import { serverConfig } from "../../../tests/support/server_config.ts";
import { noCertificates, withCertificates } from "../../../tests/support/with_certificates.ts";
import { withGrpcServer } from "../../../tests/support/with_grpc_server.ts";
import { openInference } from "../open.ts";
import { AddressCheck, isForHttps, spokenInstead } from "./spoken.ts";
import { loadKserve } from "./protos.ts";

// The scheme in --ovms_url, what is there, what is said, and the scheme that the hint names.
const cases = [
  ["grpc", "http", /it speaks HTTP without TLS, but is asked as grpc:/, "http"],
  ["grpc", "curt http", /it speaks HTTP without TLS/, "http"],
  ["grpc", "http/2", /it speaks HTTP without TLS, but is asked as grpc:/, "http"],
  ["grpc", "https", /it speaks TLS/, "grpcs"],
  ["grpc", "grpcs", /it speaks TLS/, "grpcs"],
  ["grpc", "nginx https", /it speaks TLS/, "grpcs"],
  ["http", "grpc", /it speaks gRPC without TLS, but is asked as http:/, "grpc"],
  ["http", "https", /it speaks TLS/, "https"],
  ["http", "nginx https", /it speaks TLS/, "https"],
  ["http", "grpcs", /it speaks TLS/, "https"],
  ["grpcs", "grpc", /it speaks gRPC without TLS/, "grpc"],
  ["grpcs", "http", /it speaks HTTP without TLS/, "http"],
  ["grpcs", "curt http", /it speaks HTTP without TLS/, "http"],
  ["https", "http", /it speaks HTTP without TLS/, "http"],
  ["https", "curt http", /it speaks HTTP without TLS/, "http"],
  ["https", "grpc", /it speaks gRPC without TLS/, "grpc"],
  ["https", "curt grpcs", /it speaks gRPC over TLS/, "grpcs"],
  ["grpcs", "curt https", /it speaks HTTP over TLS/, "https"],
] as const;

type Kind = typeof cases[number][1];

const reason = noCertificates === null ? "" : ` (ignored: ${noCertificates})`;

Deno.test({
  name: `an address of another protocol is told as just that${reason}`,
  ignore: noCertificates !== null,
  fn: async (test) => {
    await using files = await withCertificates();
    const cert = await Deno.readTextFile(files.serverCert);
    const key = await Deno.readTextFile(files.serverKey);

    async function start(kind: Kind): Promise<{ readonly port: number } & AsyncDisposable> {
      switch (kind) {
        case "http":
          // Deno's speaks HTTP/2 as well.
          return await nodeServer();
        case "http/2":
          return denoServer();
        case "https":
          return await nodeServer({ cert, key });
        case "nginx https":
          return curtServer(Deno.listen({ hostname: "127.0.0.1", port: 0 }), {
            request: page("<center>The plain HTTP request was sent to HTTPS port</center>"),
            other: page("<center>400 Bad Request</center>"),
          });
        case "curt http":
          return curtServer(Deno.listen({ hostname: "127.0.0.1", port: 0 }));
        case "curt grpcs":
        case "curt https": {
          const alpnProtocols = [kind === "curt grpcs" ? "h2" : "http/1.1"];
          const address = { hostname: "127.0.0.1", port: 0 };
          return curtServer(Deno.listenTls({ ...address, cert, key, alpnProtocols }));
        }
        case "grpc":
        case "grpcs": {
          const pair = { private_key: Buffer.from(key), cert_chain: Buffer.from(cert) };
          const credentials = kind === "grpc"
            ? ServerCredentials.createInsecure()
            : ServerCredentials.createSsl(Buffer.from(await Deno.readFile(files.ca)), [pair]);
          const services = [[await loadKserve(), {}]] as const;
          const server = await withGrpcServer({ credentials, services });
          return {
            port: server.port,
            [Symbol.asyncDispose]: () => Promise.resolve(server[Symbol.dispose]()),
          };
        }
      }
    }

    for (const [scheme, kind, words, other] of cases) {
      await test.step(`${scheme}:// where ${kind} is`, async () => {
        await using server = await start(kind);
        const url = `${scheme}://localhost:${server.port}`;
        const tls = { caFile: files.ca, certFile: null, keyFile: null };
        await using inference = openInference(serverConfig({ url, tls }), getLogger(["test"]));
        const failure = await failureOf(inference.metadata());
        equal(failure.reason, "unavailable");
        match(failure.message, words);
        match(failure.hint, new RegExp(`\\b${other}://`));
      });
    }

    await test.step("a certificate that is not trusted is told as that", async () => {
      for (const [scheme, kind] of [["grpcs", "grpcs"], ["https", "https"]] as const) {
        await using server = await start(kind);
        const url = `${scheme}://localhost:${server.port}`;
        await using inference = openInference(serverConfig({ url }), getLogger(["test"]));
        const failure = await failureOf(inference.metadata());
        match(failure.message, /certificate/);
        match(failure.hint, /--tls_ca/);
      }
    });
  },
});

/** Understands HTTP/2 on a port for HTTP, as `sightline model_server` does. */
function denoServer() {
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    () => Response.json({ error: "bad request" }, { status: 400 }),
  );
  return { port: server.addr.port, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
}

async function nodeServer(tls?: { readonly cert: string; readonly key: string }) {
  const answer = (_request: unknown, response: ServerResponse) => void response.end("{}");
  const server = tls ? createSecureServer(tls, answer) : createServer(answer);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function page(body: string): string {
  const head = `HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: ${body.length}`;
  return `${head}\r\n\r\n${body}`;
}

/** Answers a request of HTTP/1, and closes the connection on anything else, as Triton's REST does. */
function curtServer(
  listener: Deno.Listener<Deno.Conn>,
  { request, other } = { request: page(""), other: "" },
) {
  const running = (async () => {
    for await (const connection of listener) {
      const space = new Uint8Array(4096);
      const length = await connection.read(space).catch(() => null) ?? 0;
      const words = new TextDecoder("latin1").decode(space.subarray(0, length));
      const answer = /^(GET|POST) /.test(words) ? request : other;
      await connection.write(new TextEncoder().encode(answer)).catch(() => {});
      connection.close();
    }
  })().catch(() => {});
  return {
    port: (listener.addr as Deno.NetAddr).port,
    async [Symbol.asyncDispose]() {
      listener.close();
      await running;
    },
  };
}

Deno.test("AddressCheck says nothing of what it does not know, nor of an address that is right", async () => {
  const never = new AbortController().signal;
  const found = async (scheme: string, port: number) =>
    await new AddressCheck(`${scheme}://127.0.0.1:${port}`, null, never).wrong();
  {
    // It closes the connection on whatever it is told.
    await using mute = curtServer(Deno.listen({ hostname: "127.0.0.1", port: 0 }), {
      request: "",
      other: "",
    });
    for (const scheme of ["http", "https", "grpc", "grpcs"]) {
      equal(await found(scheme, mute.port), null, scheme);
    }
  }
  await using http = await nodeServer();
  equal(await found("http", http.port), null);
  match(
    (await found("grpc", http.port))!.words,
    /^it speaks HTTP without TLS, but is asked as grpc/,
  );
  equal(spokenInstead("h:1", "http").words, "it speaks HTTP without TLS, but is asked as grpc://");
  equal(spokenInstead("h:1", "https").words, "it speaks HTTP over TLS, but is asked as grpcs://");
  match(spokenInstead("h:81", "http").hint, /http:\/\/h:81 if this one is meant/);
  match(spokenInstead("h", "http").hint, /http:\/\/h if this one is meant/);
  const closed = curtServer(Deno.listen({ hostname: "127.0.0.1", port: 0 }));
  await closed[Symbol.asyncDispose]();
  equal(await found("http", closed.port), null);
});

Deno.test("isForHttps() knows servers that say they want TLS", () => {
  equal(isForHttps("<center>The plain HTTP request was sent to HTTPS port</center>"), true);
  equal(isForHttps("client sent an HTTP request to an HTTPS server"), true);
  equal(isForHttps("Bad Request"), false);
});
