/** From status codes of gRPC, and of HTTP in between, to reasons of an InferenceError. */

import { shorten } from "../../log/shorten.ts";
import { serverFailure } from "../failure.ts";
import type { InferenceError, InferenceReason } from "../inference.ts";
import { spokenInstead } from "./spoken.ts";

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

/** How a call ended by its trailers, or its headers where it has none: null = well, undefined = unsaid. */
export function fromTrailers(
  headers: ReadonlyMap<string, string>,
  trailers: ReadonlyMap<string, string>,
  address: string,
): InferenceError | null | undefined {
  const status = trailers.get("grpc-status") ?? headers.get("grpc-status");
  if (status === undefined) return undefined;
  if (status === "0") return null;
  const words = trailers.get("grpc-message") ?? headers.get("grpc-message") ?? "";
  return fromGrpcStatus(Number(status), shorten(decodeWords(words)), address);
}

/** Characters of a message that are looked at, more than are shown. */
const longestMessage = 8_192;

/** At the end: a character that is cut cannot be decoded. */
const lastCharacter = /(%[c-f]\w(%[89ab]\w)*)?(%\w?)?$/i;

// Percent-encoded UTF-8, from servers that may have got it wrong.
function decodeWords(message: string): string {
  const isLong = message.length > longestMessage;
  const begin = isLong ? message.slice(0, longestMessage).replace(lastCharacter, "") : message;
  try {
    return decodeURIComponent(begin);
  } catch {
    return message;
  }
}

/**
 * The failure of a call that was answered with `headers` that hold no grpc-status: by something in
 * between, or by a server of HTTP. `url` has the scheme that carries gRPC: http or https.
 */
export function fromHttpStatus(
  headers: ReadonlyMap<string, string>,
  { protocol, host }: URL,
): InferenceError {
  const httpStatus = Number(headers.get(":status"));
  const isGrpc = headers.get("content-type")?.startsWith("application/grpc") ?? false;
  if (!isGrpc && !saidInBetween.has(httpStatus)) {
    const { words, hint } = spokenInstead(host, protocol === "https:" ? "https" : "http");
    return serverFailure("unavailable", host, words, undefined, hint);
  }
  const words = `HTTP status ${httpStatus}`;
  return serverFailure(
    httpReasons[httpStatus] ?? "server_error",
    host,
    httpStatus === 200 ? `${words} without a grpc-status` : words,
  );
}

/** What a proxy before a server of gRPC says in its own name, with a page of HTML. */
const saidInBetween: ReadonlySet<number> = new Set([401, 403, 413, 429, 502, 503, 504]);

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
