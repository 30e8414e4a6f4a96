/** gRPC's status codes, as reasons that Sightline acts on. */

import { type ServiceError, status } from "@grpc/grpc-js";
import { hintFor } from "./hints.ts";
import { InferenceError, type InferenceReason } from "./inference.ts";

const reasons: Readonly<Partial<Record<number, InferenceReason>>> = {
  [status.CANCELLED]: "cancelled",
  [status.INVALID_ARGUMENT]: "invalid_input",
  [status.DEADLINE_EXCEEDED]: "timeout",
  [status.NOT_FOUND]: "model_not_found",
  [status.PERMISSION_DENIED]: "unauthorized",
  [status.UNAUTHENTICATED]: "unauthorized",
  [status.UNIMPLEMENTED]: "unsupported",
  [status.UNAVAILABLE]: "unavailable",
};

/** The failure of a call to `address`, in the server's words. */
export function fromGrpcError(error: ServiceError, address: string): InferenceError {
  const words = serversWords(error.details || error.message);
  const reason = reasonOf(error.code, words);
  const name = status[error.code] ?? error.code;
  return new InferenceError(
    reason,
    `Cannot get an answer from model server ${address}: ${words} (${name})`,
    hintFor(reason, words),
    { cause: error },
  );
}

// grpc-js wraps what the system said of a connection, and may add the time of it, which would make
// every message a new one.
function serversWords(details: string): string {
  return details
    .replace(/^No connection established\. Last error: (Error: )?/, "no connection: ")
    .replace(/\s*Resolution note:.*$/, "")
    .replace(/\s*\(\d{4}-\d\d-\d\dT[^)]*\)/, "")
    .replace(/\.$/, "");
}

function reasonOf(code: number, words: string): InferenceReason {
  // grpc-js reports a connection that broke in mid-request by the code of the broken stream.
  if (/RST_STREAM|ECONNRESET|EPIPE|Connection dropped/.test(words)) return "unavailable";
  if (/message (length )?(is )?(larger|too large|exceeds)/i.test(words)) return "too_large";
  // Some servers call an unknown model an invalid argument, or an error of their own.
  if (/model\b.*\bnot found/i.test(words)) return "model_not_found";
  return reasons[code] ?? "server_error";
}
