/** Why a camera's TLS handshake failed, and what to do about it. */

import { SourceError, type SourceReason } from "../source.ts";

interface Rule {
  readonly pattern: RegExp;
  readonly reason: SourceReason;
  /** Ends the sentence "Cannot read URL: …". */
  readonly state: string;
  readonly hint: string;
}

const trustIt = "give its certificate, or that of who signed it, as --stream_tls_ca FILE (PEM)";
const orInsecure = "or --stream_tls_insecure, on a network that you trust";

/** Patterns are of Node's codes for errors, which Deno gives too, and of rustls' words. */
const rules: readonly Rule[] = [
  {
    pattern: /SELF_SIGNED_CERT/,
    reason: "tls",
    state: "its certificate is signed by itself",
    hint: `${trustIt}, ${orInsecure}`,
  },
  {
    pattern: /UNABLE_TO_(VERIFY|GET)|UnknownIssuer|BadSignature/,
    reason: "tls",
    state: "its certificate is signed by an authority that is not trusted here",
    hint: `${trustIt}, ${orInsecure}`,
  },
  {
    pattern: /CERT_HAS_EXPIRED|Expired/,
    reason: "tls",
    state: "its certificate has expired",
    hint: `renew it, and check this machine's clock; ${orInsecure.slice(3)} it is not looked at`,
  },
  {
    pattern: /CERT_NOT_YET_VALID|NotValidYet/,
    reason: "tls",
    state: "its certificate is not valid yet",
    hint: "check the clocks of the camera and of this machine",
  },
  {
    pattern: /ALTNAME_INVALID|NotValidForName|not valid for name/,
    reason: "tls",
    state: "its certificate is for another host name",
    hint: "name the host as the certificate does, or give the camera's own certificate as " +
      `--stream_tls_ca FILE (PEM), ${orInsecure}`,
  },
  {
    pattern: /ENOTFOUND|EAI_|failed to lookup|Name or service not known/,
    reason: "dns",
    state: "no such host name",
    hint: "check the spelling of the host, or give its address",
  },
  {
    pattern: /ECONNREFUSED/,
    reason: "refused",
    state: "connection refused",
    hint: "check that the camera is on, and the port",
  },
  {
    pattern: /EHOSTUNREACH|ENETUNREACH|EHOSTDOWN|ENETDOWN/,
    reason: "unreachable",
    state: "no way to the host",
    hint: "check the network, and that the camera is on",
  },
  {
    pattern: /ETIMEDOUT/,
    reason: "timeout",
    state: "no answer in time",
    hint: "check the address, and that no firewall is in between",
  },
  {
    pattern: /InvalidContentType|corrupt message|InvalidMessage|WRONG_VERSION_NUMBER/,
    reason: "tls",
    state: "what answers there does not speak TLS",
    hint: "check the port, or begin the URL with rtsp:// or http://",
  },
  {
    pattern:
      /ProtocolVersion|HandshakeFailure|PeerIncompatible|PROTOCOL_VERSION|HANDSHAKE_FAILURE/i,
    reason: "tls",
    state: "it speaks no TLS that is safe today (1.2 or 1.3)",
    hint: "renew the camera's firmware, or begin the URL with rtsp:// or http://",
  },
];

/** `name` is the source without its password. */
export function tlsFailure(name: string, cause: unknown): SourceError {
  const { code = "", message = String(cause) } = cause as NodeJS.ErrnoException;
  const words = `${code} ${message}`;
  const rule = rules.find(({ pattern }) => pattern.test(words));
  const [, certificate] = /altnames?: .* is not in the cert's list: (.+)$/.exec(message) ?? [];
  const state = rule === undefined
    ? `TLS failed: ${message || code}`
    : rule.state + (certificate ? ` (${certificate})` : "");
  return new SourceError(
    rule?.reason ?? "tls",
    `Cannot read ${name}: ${state}`,
    rule?.hint ?? "check that the camera speaks TLS at this port",
    { cause },
  );
}
