import assert from "node:assert/strict";
import { getLogger } from "@logtape/logtape";
import { startWeb } from "./server.ts";

const logger = getLogger(["test"]);

Deno.test("startWeb() serves at the address it tells", async () => {
  await using web = await startWeb({ host: "127.0.0.1", port: 0, streams: [], logger });
  assert.equal(web.url, `http://127.0.0.1:${web.port}/`);
  const response = await fetch(new URL("/healthz", web.url));
  assert.equal(await response.text(), "ok\n");
});

Deno.test("startWeb() names the address when its port is taken", async () => {
  await using web = await startWeb({ host: "127.0.0.1", port: 0, streams: [], logger });
  await assert.rejects(
    startWeb({ host: "127.0.0.1", port: web.port, streams: [], logger }),
    {
      message:
        `Cannot listen on 127.0.0.1:${web.port}: the port is taken, --visualizer_port names another`,
    },
  );
});

Deno.test("startWeb() sends no other file, however the path is written", async () => {
  await using web = await startWeb({ host: "127.0.0.1", port: 0, streams: [], logger });
  // Not by fetch, which would tidy the paths up.
  for (const path of ["/../deno.json", "/static/../../../deno.json", "//etc/passwd", "/..%2f"]) {
    using connection = await Deno.connect({ hostname: "127.0.0.1", port: web.port });
    await connection.write(
      new TextEncoder().encode(
        `GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`,
      ),
    );
    const answer = await new Response(connection.readable).text();
    assert.match(answer, /^HTTP\/1\.1 404 /, path);
  }
});
