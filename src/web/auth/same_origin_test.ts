import assert from "node:assert/strict";
import { Hono } from "hono";
import { isSameOrigin, refuseForeign } from "./same_origin.ts";

const host = "cams.example:8443";

/** Who may have a browser make a request: what it says, by the headers that it sends. */
const rows: readonly (readonly [headers: Record<string, string>, isOwn: boolean])[] = [
  [{ host }, true],
  [{ host, "sec-fetch-site": "same-origin" }, true],
  [{ host, "sec-fetch-site": "none" }, true],
  [{ host, "sec-fetch-site": "same-site" }, false],
  [{ host, "sec-fetch-site": "cross-site" }, false],
  [{ host, "sec-fetch-site": "cross-site", origin: `https://${host}` }, false],
  [{ host, "sec-fetch-site": "same-origin", origin: "https://proxied.example" }, true],
  [{ host, origin: `https://${host}` }, true],
  [{ host, origin: `http://${host}` }, true],
  [{ host, origin: "https://cams.example" }, false],
  [{ host, origin: "https://evil.example" }, false],
  [{ host, origin: "null" }, false],
  [{ origin: `https://${host}` }, false],
];

Deno.test("isSameOrigin() takes our own page, and no page; refuseForeign() refuses all others", async () => {
  const app = new Hono();
  app.get("/", (context) => context.json(isSameOrigin(context.req)));
  app.post("/", refuseForeign(), (context) => context.text("done"));
  for (const [headers, isOwn] of rows) {
    const message = JSON.stringify(headers);
    assert.equal(await (await app.request("/", { headers })).json(), isOwn, message);
    const answer = await app.request("/", { method: "POST", headers });
    assert.equal(answer.status, isOwn ? 200 : 403, message);
    if (isOwn) assert.equal(await answer.text(), "done");
    else assert.equal((await answer.json()).problems[0].parameter, "origin");
  }
});
