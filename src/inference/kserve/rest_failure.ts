/** From a REST answer that is not 200 to an InferenceError. */

import { serverFailure } from "../failure.ts";
import type { HttpAnswer } from "../transport/http_connection.ts";
import type { InferenceError, InferenceReason } from "../inference.ts";
import { shorten } from "../../log/shorten.ts";
import { isForHttps, type WrongAddress } from "../transport/spoken.ts";

/** The failure of a request that `server` answered with another status, in its words. */
export function restFailure({ status, headers, body }: HttpAnswer, server: string): InferenceError {
  const wrong = wrongAddress(headers, body);
  if (wrong) return serverFailure("unavailable", server, wrong.words, undefined, wrong.hint);
  const words = messageOf(body);
  const said = words === undefined ? `HTTP status ${status}` : `${words} (HTTP ${status})`;
  // What gRPC says to whatever is not its own.
  const hint = status === 415 && words === undefined ? grpcHint : undefined;
  return serverFailure(reasonOf(status, words), server, said, undefined, hint);
}

const grpcHint =
  "If this is a gRPC port, write grpc:// (grpcs:// with TLS) in --ovms_url, or name the server's REST port.";

/** What another protocol's server says to a request over HTTP. */
function wrongAddress(headers: Headers, body: Uint8Array): WrongAddress | null {
  if (headers.get("content-type")?.startsWith("application/grpc")) {
    return { words: "it speaks gRPC, but is asked as http", hint: grpcHint };
  }
  if (body.byteLength > 1000 || !isForHttps(new TextDecoder().decode(body))) return null;
  return { words: "it speaks TLS", hint: "Write https:// in --ovms_url." };
}

function reasonOf(status: number, words: string | undefined): InferenceReason {
  // Triton while it starts, and while it ends.
  if (/no available versions/i.test(words ?? "")) return "unavailable";
  // OVMS and Triton call an unknown model 404 or 400, in much the same words.
  if (/model\b.*\bnot found|unknown model/i.test(words ?? "")) return "model_not_found";
  // KServe's servers put an error into JSON; without it, another server answers.
  if (words === undefined && [301, 302, 307, 308, 404, 405].includes(status)) return "unsupported";
  return reasons[status] ?? "server_error";
}

const reasons: Readonly<Record<number, InferenceReason>> = {
  400: "invalid_input",
  401: "unauthorized",
  403: "unauthorized",
  404: "model_not_found",
  408: "timeout",
  412: "invalid_input",
  413: "too_large",
  415: "unsupported",
  422: "invalid_input",
  429: "unavailable",
  501: "unsupported",
  502: "unavailable",
  503: "unavailable",
  504: "timeout",
};

// `{"error": "…"}`, or `{"detail": "…"}` from servers made with FastAPI, which may be a list of what
// is wrong where. Undefined for a page of a proxy's, and whatever else is no such object.
function messageOf(body: Uint8Array): string | undefined {
  try {
    const { error, detail } = JSON.parse(new TextDecoder().decode(body));
    const words = error ?? detail ?? null;
    if (words === null) return undefined;
    return shorten(typeof words === "string" ? words : JSON.stringify(words));
  } catch {
    return undefined;
  }
}
