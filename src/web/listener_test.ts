import assert from "node:assert/strict";
import { getLogger } from "@logtape/logtape";
import { noCertificates, withCertificates } from "../../tests/support/with_certificates.ts";
import { poll } from "../../tests/support/poll.ts";
import { openListener } from "./listener.ts";
import { startMetricsServer } from "./metrics_server.ts";

/** Connections that send `text` and then nothing. */
async function silent(count: number, port: number, text: string): Promise<AsyncDisposable> {
  await using opened = new AsyncDisposableStack();
  for (let i = 0; i < count; i++) {
    const connection = await Deno.connect({ hostname: "127.0.0.1", port });
    opened.defer(() => connection.close());
    await connection.write(new TextEncoder().encode(text)).catch(() => 0);
  }
  return opened.move();
}

for (const text of ["", "GET /healthz HTTP/1.1\r\nHost: loc"]) {
  Deno.test(`probes are answered while others hold connections after ${JSON.stringify(text)}`, async () => {
    const logger = getLogger(["test"]);
    const metrics = () => Promise.resolve("");
    const address = { host: "127.0.0.1", port: 0 };
    await using server = await startMetricsServer(address, () => [], metrics, logger);
    for (let round = 0; round < 4; round++) {
      await using _held = await silent(40, server.port, text);
      for (let probe = 0; probe < 10; probe++) {
        // As an orchestrator does: a new connection each time.
        using client = Deno.createHttpClient({ poolMaxIdlePerHost: 0 });
        const response = await fetch(new URL("/healthz", server.url), { client });
        assert.equal(await response.text(), "ok\n");
      }
    }
  });
}

for (const tls of [false, true]) {
  const reason = tls ? noCertificates : null;
  Deno.test({
    name: `places are kept for probes while viewers hold all others, over ${tls ? "TLS" : "TCP"}${
      reason === null ? "" : ` (ignored: ${reason})`
    }`,
    ignore: reason !== null,
    async fn() {
      await using files = tls ? await withCertificates() : null;
      const endless = Promise.withResolvers<void>();
      let viewers = 0;
      await using server = await openListener({
        host: "127.0.0.1",
        port: 0,
        setting: "--visualizer_port",
        limits: { most: 8, mostPerAddress: 6, kept: 2 },
        tls: files && {
          cert: await Deno.readTextFile(files.serverCert),
          key: await Deno.readTextFile(files.serverKey),
        },
        fetch: async (request) => {
          if (request.url.endsWith("/healthz")) return new Response("ok");
          viewers++;
          await endless.promise;
          return new Response("ended");
        },
      });
      using client = Deno.createHttpClient({
        poolMaxIdlePerHost: 0,
        ...files && { caCerts: [await Deno.readTextFile(files.ca)] },
      });
      const get = (path: string) => fetch(new URL(path, server.url), { client });
      const first = Array.from({ length: 4 }, () => get("/video_feed"));
      await poll("four viewers", () => viewers === 4);
      const refused = await get("/video_feed");
      assert.equal(refused.status, 503);
      assert.equal(await refused.text(), "Too many connections\n");
      for (let probe = 0; probe < 20; probe++) {
        assert.equal(await (await get("/healthz")).text(), "ok");
      }
      endless.resolve();
      for (const response of await Promise.all(first)) {
        assert.equal(await response.text(), "ended");
      }
      assert.equal(await (await get("/video_feed")).text(), "ended");
    },
  });
}
