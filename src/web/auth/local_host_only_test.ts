import assert from "node:assert/strict";
import { Hono } from "hono";
import { localHostOnly } from "./local_host_only.ts";

Deno.test("localHostOnly() serves the names of this machine, and no name that may be led here", async () => {
  const app = new Hono();
  app.use(localHostOnly());
  app.get("/", (context) => context.text("inside"));
  const statusOf = async (headers: Record<string, string>) => {
    const answer = await app.request("/", { headers });
    return [answer.status, await answer.text() === "inside"];
  };
  for (const host of ["localhost", "LOCALHOST:5000", "127.0.0.1:1", "[::1]:5000", "a.localhost."]) {
    assert.deepEqual(await statusOf({ host }), [200, true], host);
  }
  for (const host of ["evil.example", "localhost.evil.example", "127.0.0.1.evil.example", ""]) {
    assert.deepEqual(await statusOf({ host }), [403, false], host);
  }
  assert.deepEqual(await statusOf({}), [403, false]);
});
