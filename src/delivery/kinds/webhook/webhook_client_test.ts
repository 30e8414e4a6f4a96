/** What stands between a webhook and its server: TLS, connections that end, answers that do not. */

import { deepEqual, equal, match } from "node:assert/strict";
import { once } from "node:events";
import http from "node:http";
import https from "node:https";
import type { AddressInfo } from "node:net";
import { collectLog } from "../../../../tests/support/log_lines.ts";
import { poll } from "../../../../tests/support/poll.ts";
import { noCertificates, withCertificates } from "../../../../tests/support/with_certificates.ts";
import { withDelivery } from "../../../../tests/support/with_delivery.ts";

/** Serves until it is disposed of, and cuts connections off then. */
async function serve(server: http.Server) {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    port,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

Deno.test({
  name: "a webhook's server is verified, and shown the client's certificate",
  ignore: noCertificates !== null,
  async fn() {
    await using files = await withCertificates();
    const [cert, key, ca] = await Promise.all(
      [files.serverCert, files.serverKey, files.ca].map((path) => Deno.readTextFile(path)),
    );
    const options = { cert, key, ca, requestCert: true, rejectUnauthorized: true };
    await using server = await serve(https.createServer(options, (request, response) => {
      request.resume();
      request.on("end", () => response.writeHead(204).end());
    }));
    const url = `https://localhost:${server.port}/hook`;
    const client = { tls_cert: files.clientCert, tls_key: files.clientKey };
    for (
      const [given, error] of [
        [client, /self.signed|unable to|UnknownIssuer|issuer/i],
        [{ tls_ca: files.ca }, /certificate|alert|reset|hang up|closed/i],
        [{ ...client, tls_ca: files.ca }, null],
        [{ ...client, tls_insecure: true }, null],
      ] as const
    ) {
      await withDelivery({ url, retry: ["0.1s"], ...given }, async ({ tell, drained, outbox }) => {
        await tell(2);
        if (error === null) return await drained();
        await poll("a failure", () => outbox.counts().lastError !== null);
        match(outbox.counts().lastError!, error);
        equal(outbox.counts().delivered, 0);
      });
    }
  },
});

Deno.test("a destination that trusts any certificate is told of in the log", async () => {
  using log = collectLog("delivery");
  await withDelivery(
    { url: "https://127.0.0.1:9/hook", tls_insecure: true },
    () => Promise.resolve(),
  );
  equal(log.lines.filter((line) => line.includes("tls_insecure")).length, 1);
});

Deno.test("a connection that the server has closed meanwhile is no failure", async () => {
  const encoder = new TextEncoder();
  /** Requests on each connection. */
  const requests: number[] = [];
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  async function answer(connection: Deno.Conn): Promise<void> {
    const own = requests.push(0) - 1;
    const buffer = new Uint8Array(65_536);
    for (let size = await connection.read(buffer); size !== null;) {
      // Its body may come by itself.
      if (new TextDecoder().decode(buffer.subarray(0, size)).startsWith("POST")) {
        // The second request on a connection is met by its end.
        if (++requests[own]! === 2) break;
        await connection.write(encoder.encode("HTTP/1.1 204 No Content\r\n\r\n"));
      }
      size = await connection.read(buffer);
    }
    connection.close();
  }
  const serving = (async () => {
    for await (const connection of listener) await answer(connection).catch(() => undefined);
  })();
  const url = `webhook+http://127.0.0.1:${listener.addr.port}/hook`;
  await withDelivery(url, async ({ tell, drained, outbox }) => {
    for (let event = 0; event < 3; event++) {
      await tell(1);
      await drained();
    }
    const { delivered, failures } = outbox.counts();
    deepEqual({ delivered, failures }, { delivered: 3, failures: 0 });
    deepEqual(requests, [2, 2, 1]);
  }, { streams: ["a"] });
  listener.close();
  await serving;
});

Deno.test("an answer without an end is an answer", async () => {
  await using there = await serve(http.createServer((request, response) => {
    request.resume();
    response.writeHead(200);
    const more = () => void (response.destroyed || response.write("x".repeat(65_536), more));
    more();
  }));
  const url = `webhook+http://127.0.0.1:${there.port}/hook`;
  await withDelivery(url, async ({ tell, drained, outbox }) => {
    await tell(3);
    await drained();
    equal(outbox.counts().delivered, 3);
  });
});
