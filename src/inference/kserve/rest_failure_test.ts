import { deepEqual, equal, match, ok } from "node:assert/strict";
import { restFailure } from "./rest_failure.ts";

function failure(status: number, body: unknown = {}, headers: Record<string, string> = {}) {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  const answer = { status, headers: new Headers(headers), body: new TextEncoder().encode(text) };
  return restFailure(answer, "server:80");
}

Deno.test("restFailure() takes the reason from the status, where words came with it", () => {
  const reasons: Readonly<Record<number, string>> = {
    ...{ 400: "invalid_input", 401: "unauthorized", 403: "unauthorized", 404: "model_not_found" },
    ...{ 408: "timeout", 412: "invalid_input", 413: "too_large", 415: "unsupported" },
    ...{ 418: "server_error", 422: "invalid_input", 429: "unavailable", 500: "server_error" },
    ...{ 501: "unsupported", 502: "unavailable", 503: "unavailable", 504: "timeout" },
    ...{ 302: "server_error", 405: "server_error" },
  };
  for (const [status, reason] of Object.entries(reasons)) {
    const { reason: found, message } = failure(Number(status), { error: "no" });
    deepEqual([status, found], [status, reason]);
    match(message, new RegExp(`server:80: no \\(HTTP ${status}\\)$`));
  }
});

Deno.test("restFailure() takes it for another server, or a proxy, where no words came with it", () => {
  const bodies = ["<html>", "null", "[]", "7", {}, { error: null }, { detail: null }];
  for (const body of bodies) {
    for (const status of [301, 302, 307, 308, 404, 405, 415]) {
      const { reason, message } = failure(status, body);
      equal(reason, "unsupported");
      match(message, new RegExp(`: HTTP status ${status}$`));
    }
    equal(failure(400, body).reason, "invalid_input");
    equal(failure(500, body).reason, "server_error");
    equal(failure(503, body).reason, "unavailable");
  }
  match(failure(415, "<html>").hint, /write grpc:\/\//);
  for (const other of [failure(415, { error: "media type" }), failure(405, "<html>")]) {
    ok(!other.hint.includes("If this is a gRPC port"), other.hint);
  }
});

Deno.test("restFailure() has the server's words, on one line, whichever key they stand under", () => {
  const cases = [
    [{ error: "a\nb" }, "a b"],
    [{ detail: "c" }, "c"],
    [{ error: "a", detail: "c" }, "a"],
    [{ error: null, detail: "c" }, "c"],
    [{ error: "", detail: "c" }, ""],
    [{ error: { code: 3 } }, '{"code":3}'],
    [{ detail: [{ msg: "Field required" }] }, '[{"msg":"Field required"}]'],
  ] as const;
  for (const [body, words] of cases) {
    const said = words === "" ? "" : `${words} `;
    ok(failure(400, body).message.endsWith(`: ${said}(HTTP 400)`), failure(400, body).message);
  }
});

Deno.test("restFailure() knows a model that is not there, or not yet, by the words", () => {
  const cases = [
    ["Model with name m is not found", "model_not_found"],
    ["Request for unknown model: 'm'", "model_not_found"],
    ["MODEL m NOT FOUND", "model_not_found"],
    ["file not found", "invalid_input"],
    ["remodelled, not found", "invalid_input"],
    ["Request for unknown model: 'm' has no available versions", "unavailable"],
  ] as const;
  for (const [error, reason] of cases) equal(failure(400, { error }).reason, reason, error);
});

Deno.test("restFailure() knows the address for that of another protocol", () => {
  const grpc = failure(415, { error: "no" }, { "content-type": "application/grpc+proto" });
  equal(grpc.reason, "unavailable");
  match(grpc.message, /: it speaks gRPC, but is asked as http$/);
  match(grpc.hint, /write grpc:\/\//);
  const page = "<html>400 The plain HTTP request was sent to HTTPS port</html>";
  const tls = failure(400, page, { "content-type": "text/html" });
  equal(tls.reason, "unavailable");
  match(tls.message, /: it speaks TLS$/);
  match(tls.hint, /https:\/\//);
  // A page as long as that is one about something else.
  equal(failure(400, page.padEnd(1000)).reason, "unavailable");
  equal(failure(400, page.padEnd(1001)).reason, "invalid_input");
});
