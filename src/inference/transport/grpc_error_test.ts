import { deepEqual, equal, match } from "node:assert/strict";
import { fromGrpcStatus, fromHttpStatus, fromTrailers } from "./grpc_error.ts";

Deno.test("fromGrpcStatus() has the name and the reason of each code", () => {
  const expected = [
    ...["OK server_error", "CANCELLED cancelled", "UNKNOWN server_error"],
    ...["INVALID_ARGUMENT invalid_input", "DEADLINE_EXCEEDED timeout", "NOT_FOUND model_not_found"],
    ...["ALREADY_EXISTS server_error", "PERMISSION_DENIED unauthorized"],
    ...["RESOURCE_EXHAUSTED server_error", "FAILED_PRECONDITION server_error"],
    ...["ABORTED server_error", "OUT_OF_RANGE invalid_input", "UNIMPLEMENTED unsupported"],
    ...["INTERNAL server_error", "UNAVAILABLE unavailable", "DATA_LOSS server_error"],
    ...["UNAUTHENTICATED unauthorized", "status 17 server_error"],
  ];
  for (const [code, line] of expected.entries()) {
    const [, name, reason] = /^(.*) (\w+)$/.exec(line)!;
    equal(fromGrpcStatus(code, "", "h").reason, reason);
    match(fromGrpcStatus(code, "", "h").message, new RegExp(`model server h: ${name}$`));
    match(fromGrpcStatus(code, "said", "h").message, new RegExp(`: said \\(${name}\\)$`));
  }
});

Deno.test("fromGrpcStatus() takes the words where they say more than the code", () => {
  const cases = [
    ["Received message larger than max (5 vs. 4)", "too_large"],
    ["message length too large", "too_large"],
    ["Message exceeds the limit", "too_large"],
    ["message is too large", "too_large"],
    ["a larger message", "server_error"],
    ["'m' has no available versions", "unavailable"],
    ["Model m with version 3 not found", "model_not_found"],
    ["file not found", "server_error"],
  ] as const;
  for (const [words, reason] of cases) equal(fromGrpcStatus(13, words, "h").reason, reason, words);
});

const map = (entries: Record<string, string>) => new Map(Object.entries(entries));

Deno.test("fromTrailers() tells how a call ended, by its trailers before its headers", () => {
  const ok = map({ "grpc-status": "0" });
  const bad = map({ "grpc-status": "5", "grpc-message": "gone" });
  const none = map({});
  const told = (headers: Map<string, string>, trailers: Map<string, string>) => {
    const failure = fromTrailers(headers, trailers, "h");
    return failure && [failure.reason, failure.message.split("h: ")[1]];
  };
  equal(told(none, none), undefined);
  deepEqual([told(ok, none), told(none, ok), told(bad, ok)], [null, null, null]);
  for (const ends of [[bad, none], [none, bad], [ok, bad]] as const) {
    deepEqual(told(...ends), ["model_not_found", "gone (NOT_FOUND)"]);
  }
  deepEqual(told(none, map({ "grpc-status": "14" })), ["unavailable", "UNAVAILABLE"]);
  deepEqual(told(none, map({ "grpc-status": "no" })), ["server_error", "status NaN"]);
});

Deno.test("fromTrailers() decodes the words, as far as they can be", () => {
  const said = (message: string) =>
    fromTrailers(map({ "grpc-status": "13", "grpc-message": message }), map({}), "h")!
      .message.replace(/^.*h: /, "").replace(" (INTERNAL)", "");
  equal(said("caf%C3%A9%0Ais closed"), "café is closed");
  equal(said("caf%C3%A9"), "café");
  equal(said("100 % of it"), "100 % of it");
  // Of a long one the begin, wherever it is cut: é takes 6, € 9 characters of it.
  for (const [character, encoded] of [["é", "%C3%A9"], ["€", "%E2%82%AC"], ["A", "%41"]] as const) {
    for (let shift = 0; shift < encoded.length; shift++) {
      const words = "x".repeat(shift) + encoded.repeat(9000 / encoded.length);
      equal(said(words), `${("x".repeat(shift) + character.repeat(400)).slice(0, 400)}…`);
    }
  }
  equal(said("%41".repeat(10)), "A".repeat(10));
});

Deno.test("fromHttpStatus() tells a proxy's status from a server of HTTP", () => {
  const url = new URL("http://h:9000");
  const told = (status: number, type?: string) => {
    const headers = map({ ":status": String(status), ...type && { "content-type": type } });
    return fromHttpStatus(headers, url);
  };
  const reasons: Readonly<Record<number, string>> = {
    ...{ 401: "unauthorized", 403: "unauthorized", 413: "too_large", 429: "unavailable" },
    ...{ 502: "unavailable", 503: "unavailable", 504: "unavailable" },
  };
  for (const [status, reason] of Object.entries(reasons)) {
    for (const type of [undefined, "text/html", "application/grpc"]) {
      equal(told(Number(status), type).reason, reason);
      match(told(Number(status), type).message, new RegExp(`h:9000: HTTP status ${status}$`));
    }
  }
  const ofGrpc: Readonly<Record<number, string>> = {
    ...{ 200: "server_error", 404: "unsupported", 415: "unsupported", 500: "server_error" },
  };
  for (const [status, reason] of Object.entries(ofGrpc)) {
    equal(told(Number(status), "application/grpc").reason, reason);
    const other = told(Number(status), "application/json");
    equal(other.reason, "unavailable");
    match(other.message, /it speaks HTTP without TLS, but is asked as grpc:/);
  }
  match(told(200, "application/grpc").message, /HTTP status 200 without a grpc-status$/);
  match(told(500, "application/grpc").message, /HTTP status 500$/);
  equal(told(200).reason, "unavailable");
  equal(told(200, "application/grpc+proto").reason, "server_error");
});
