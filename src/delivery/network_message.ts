/** Why a server was not reached, in words. */

import { systemMessage } from "../log/system_message.ts";

/** What Node calls by letters only. */
const codes: Readonly<Record<string, string>> = {
  ECONNREFUSED: "connection refused",
  ECONNRESET: "the connection was broken off",
  EHOSTUNREACH: "no route to its host",
  ENOTFOUND: "the name of its host is not known",
  ETIMEDOUT: "its host does not answer",
};

/**
 * The words of an error, the same for every client, and those of a broker as they are. Node puts those
 * of several addresses into one without words.
 */
export function networkMessage(error: unknown): string {
  const { errors: [first = error] = [] } = (error ?? {}) as {
    readonly errors?: readonly unknown[];
  };
  const { code } = (first ?? {}) as { readonly code?: unknown };
  const message = first instanceof Error ? first.message : String(first);
  if (typeof code !== "string" || !/^E[A-Z]+$/.test(code)) return message || "the connection broke";
  return codes[code] ?? systemMessage(first);
}
