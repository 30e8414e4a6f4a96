import { match } from "node:assert/strict";
import { fromGrpcStatus, fromHttpStatus } from "./transport/grpc_error.ts";
import type { HttpAnswer } from "./transport/http_connection.ts";
import { hintFor } from "./hints.ts";
import type { InferenceError } from "./inference.ts";
import { restFailure } from "./kserve/rest_failure.ts";

// What MLServer 1.7.1, KServe 0.21.0, Triton 2.51.0 and OVMS say, word by word.
const grpc = [
  [5, "Model absent with version  not found", "model_not_found", /--model_name/],
  [5, "Model m with version 7 not found", "model_not_found", /--model_version/],
  [5, "Model with name absent does not exist.", "model_not_found", /--model_name/],
  [5, "Request for unknown model: 'absent' is not found", "model_not_found", /--model_name/],
  [
    5,
    "Request for unknown model: 'm' version 7 is not found",
    "model_not_found",
    /--model_version/,
  ],
  [5, "Request for unknown model: 'm' has no available versions", "unavailable", /has not loaded/],
  [5, "Model with requested version is not found", "model_not_found", /--model_version/],
  [13, "Internal server error", "server_error", /log/],
] as const;

for (const [code, words, reason, hint] of grpc) {
  Deno.test(`the hint is right over gRPC: ${words}`, () => {
    check(fromGrpcStatus(code, words, "server"), reason, hint);
  });
}

const rest = [
  [404, { error: "Model absent not found" }, "model_not_found", /--model_name/],
  [404, { error: "Model with name absent does not exist." }, "model_not_found", /--model_name/],
  [501, { error: "Model versioning not supported yet." }, "unsupported", /--model_version/],
  [501, { error: "not implemented" }, "unsupported", /--api/],
  [400, { error: "Request for unknown model: 'a' is not found" }, "model_not_found", /_name/],
  [422, { detail: [{ loc: ["body", "inputs"], msg: "Field required" }] }, "invalid_input", /input/],
  [500, { error: "ValueError : batch too large" }, "server_error", /log/],
  [
    400,
    { error: "Request for unknown model: 'm' has no available versions" },
    "unavailable",
    /log/,
  ],
  [415, null, "unsupported", /grpc:\/\//],
] as const;

for (const [status, body, reason, hint] of rest) {
  Deno.test(`the hint is right over REST: ${status} ${JSON.stringify(body)}`, () => {
    const answer: HttpAnswer = {
      status,
      headers: new Headers(),
      body: new TextEncoder().encode(JSON.stringify(body)),
    };
    check(restFailure(answer, "server"), reason, hint);
  });
}

Deno.test("an answer without grpc-status is told as that", () => {
  const failure = fromHttp(200, "application/grpc+proto");
  match(failure.message, /HTTP status 200 without a grpc-status$/);
  match(failure.hint, /trailers/);
});

for (const status of [200, 301, 400, 404, 405, 415, 500]) {
  Deno.test(`an answer of HTTP to a call of gRPC is told as that: ${status}`, () => {
    const failure = fromHttp(status, "application/json");
    match(failure.message, /: it speaks HTTP without TLS, but is asked as grpc:\/\/$/);
    match(failure.hint, /write http:\/\/server:8000 /);
    const secure = fromHttp(status, undefined, "https:");
    match(secure.message, /: it speaks HTTP over TLS, but is asked as grpcs:\/\/$/);
    match(secure.hint, /write https:\/\/server:8000 /);
  });
}

Deno.test("what a proxy says in its own name is told as that", () => {
  match(fromHttp(503, "text/html").message, /HTTP status 503$/);
  match(fromHttp(503, "text/html").reason, /^unavailable$/);
  match(fromHttp(401, "text/html").reason, /^unauthorized$/);
});

function fromHttp(status: number, type: string | undefined, protocol = "http:"): InferenceError {
  const headers = new Map([[":status", String(status)]]);
  if (type !== undefined) headers.set("content-type", type);
  return fromHttpStatus(headers, new URL(`${protocol}//server:8000`));
}

function check(failure: InferenceError, reason: string, hint: RegExp): void {
  match(failure.reason, new RegExp(`^${reason}$`), failure.message);
  match(failure.hint, hint);
}

Deno.test("the hint takes words only for what they mean with their reason", () => {
  const cases = [
    ["unavailable", "connection refused", /Check that the model server runs/],
    ["unavailable", "invalid peer certificate: UnknownIssuer", /--tls_ca/],
    ["unavailable", "self-signed in chain", /--tls_ca/],
    ["unavailable", "'m' has no available versions", /has not loaded it/],
    ["server_error", "no available versions of a certificate", /Look into the model server's log/],
    ["invalid_input", "no versioning of inputs", /The model wants other inputs/],
    ["unsupported", "no versioning", /knows no versions/],
    ["timeout", "", /--inference_timeout_ms/],
    ["no_answer", "", /^$/],
  ] as const;
  for (const [reason, words, hint] of cases) match(hintFor(reason, words), hint);
});
