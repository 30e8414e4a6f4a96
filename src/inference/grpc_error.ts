/** gRPC's status codes, as reasons that Sightline acts on. */

import { serverFailure } from "./failure.ts";
import type { InferenceError, InferenceReason } from "./inference.ts";

/** Name and meaning of each code. */
const statuses: readonly (readonly [name: string, reason: InferenceReason])[] = [
  ["OK", "server_error"],
  ["CANCELLED", "cancelled"],
  ["UNKNOWN", "server_error"],
  ["INVALID_ARGUMENT", "invalid_input"],
  ["DEADLINE_EXCEEDED", "timeout"],
  ["NOT_FOUND", "model_not_found"],
  ["ALREADY_EXISTS", "server_error"],
  ["PERMISSION_DENIED", "unauthorized"],
  ["RESOURCE_EXHAUSTED", "server_error"],
  ["FAILED_PRECONDITION", "server_error"],
  ["ABORTED", "server_error"],
  ["OUT_OF_RANGE", "invalid_input"],
  ["UNIMPLEMENTED", "unsupported"],
  ["INTERNAL", "server_error"],
  ["UNAVAILABLE", "unavailable"],
  ["DATA_LOSS", "server_error"],
  ["UNAUTHENTICATED", "unauthorized"],
];

/** The failure of a call to `address` that the server refused with a status, in its words. */
export function fromGrpcStatus(code: number, words: string, address: string): InferenceError {
  const [name, usual] = statuses[code] ?? [`status ${code}`, "server_error"];
  const reason = reasonByWords(words) ?? usual;
  return serverFailure(reason, address, words === "" ? name : `${words} (${name})`);
}

/** The failure of a call that something in between answered, which knows HTTP only. */
export function fromHttpStatus(httpStatus: number, address: string): InferenceError {
  const reason = httpReasons[httpStatus] ?? "server_error";
  const words = `HTTP status ${httpStatus}`;
  return serverFailure(
    reason,
    address,
    httpStatus === 200 ? `${words} without a grpc-status` : words,
  );
}

const httpReasons: Readonly<Record<number, InferenceReason>> = {
  401: "unauthorized",
  403: "unauthorized",
  404: "unsupported",
  413: "too_large",
  415: "unsupported",
  429: "unavailable",
  502: "unavailable",
  503: "unavailable",
  504: "unavailable",
};

// Where the code says less than the words.
function reasonByWords(words: string): InferenceReason | undefined {
  if (/message (length )?(is )?(larger|too large|exceeds)/i.test(words)) return "too_large";
  // Triton while it starts, and while it ends.
  if (/no available versions/i.test(words)) return "unavailable";
  // Some servers call an unknown model an invalid argument, or an error of their own.
  if (/model\b.*\bnot found/i.test(words)) return "model_not_found";
  return undefined;
}
