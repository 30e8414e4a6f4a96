/** Masks the credentials of URLs in texts. */

/** A URL in its parts; together again they are the text that was split. */
export interface UrlParts {
  /** With `://`. */
  readonly scheme: string;
  /** As typed, without `@`; null when there is none. */
  readonly userinfo: string | null;
  /** Host, port, path and query. */
  readonly rest: string;
}

/**
 * Splits a URL that a person typed, whose password may hold `@ : / # ? !` as they are. The
 * credentials reach up to the last `@` that is followed by a host; where several would do, an
 * address, a dotted name or `localhost` wins over a bare word; where none would do, up to the last `@`.
 * Null when it is no URL.
 */
export function splitUrl(url: string): UrlParts | null {
  const match = /^([a-z][a-z0-9+.-]*:\/\/)(.*)$/is.exec(url);
  if (match === null) return null;
  const scheme = match[1] ?? "";
  const text = match[2] ?? "";
  let best: UrlParts = { scheme, userinfo: null, rest: text };
  // A file has a path, and no one to log in.
  if (/^file:/i.test(scheme)) return best;
  let bestStrength = hostStrength(text);
  const ats = [...text.matchAll(/@/g)].map(({ index }) => index).reverse();
  for (const at of ats) {
    const rest = text.slice(at + 1);
    const strength = hostStrength(rest);
    if (strength <= bestStrength) continue;
    best = { scheme, userinfo: text.slice(0, at), rest };
    bestStrength = strength;
  }
  const [last] = ats;
  if (bestStrength > 0 || last === undefined) return best;
  // A host that is none, mistyped perhaps, gives no password away.
  return { scheme, userinfo: text.slice(0, last), rest: text.slice(last + 1) };
}

const host = String.raw`(?:\[[0-9a-f:.%]+\]|[\p{L}\p{M}\p{N}_-]+(?:\.[\p{L}\p{M}\p{N}_-]+)*\.?)`;
/** A host, or several as brokers have them, with their ports. */
const hosts = new RegExp(
  String.raw`^(${host})(?::\d{1,5})?(?:,${host}(?::\d{1,5})?)*(?=[/?#]|$)`,
  "iu",
);

/** How much the beginning of `text` looks like a host: 0 not at all, 1 a bare word, 2 surely. */
function hostStrength(text: string): 0 | 1 | 2 {
  const host = hosts.exec(text)?.[1];
  if (host === undefined) return 0;
  return /^\[|\.|^localhost$/i.test(host) ? 2 : 1;
}

/** What is nearly a URL: `\` for `/`, one slash for two, or spaces before it. */
const nearlyUrl = /^(\s*[a-z][a-z0-9+.-]+:[\\/]+)[^:@]*:([^]*)@([^@]*)$/i;

/**
 * Where {@link splitUrl} sees no credentials and there may be some: in `rtsp://u:12/secret@cam/x` the
 * host is `u` at port 12, unless its author meant otherwise. Behind a dotted name or an address
 * only the path is doubted. Null where nothing is doubtful.
 */
function doubtfulParts(
  { scheme, rest }: UrlParts,
): { password: string; rest: string } | null {
  const user = /^[^:@/?#[\]]+:(?=\d{1,5}[/?#])/.exec(rest)?.[0];
  if (user === undefined || /^file:/i.test(scheme)) return null;
  const strength = hostStrength(rest);
  const at = rest.slice(0, strength === 2 ? rest.search(/[?#]|$/) : rest.length).lastIndexOf("@");
  const host = rest.slice(at + 1);
  // `stream@2` is a name that cameras give.
  if (at < 0 || /^\d+(?![\d.])/.test(host) || hostStrength(host) < strength) return null;
  return { password: rest.slice(user.length, at), rest: host };
}

/**
 * What stands behind a name that says so; some cameras take it in the path as well, as in
 * `/user=ada_password=secret_channel=1`, where all that follows is taken for it.
 */
const secretParameters =
  /((?:[?&;][^=&;#]*(?:pass|pwd|psw|token|secret|key|auth|sig)[^=&;#]*|[?&;/_](?:pw|pin|(?:login)?pas|pass(?:word|wd)?|pwd))=)([^&;#]+)/gi;

/** The URL with its password, and whatever in its query looks like one, replaced by `***`. */
export function maskUrl(url: string): string {
  const parts = splitUrl(url);
  if (parts === null) return url.replace(nearlyUrl, "$1***@$3");
  const doubtful = doubtfulParts(parts);
  if (doubtful !== null) return maskUrl(`${parts.scheme}***@${doubtful.rest}`);
  const rest = parts.rest.replace(secretParameters, "$1***");
  if (parts.userinfo === null) return parts.scheme + rest;
  const colon = parts.userinfo.indexOf(":");
  const isToken = colon < 0 && takesToken(parts);
  const user = isToken
    ? "***"
    : colon < 0
    ? parts.userinfo
    : `${parts.userinfo.slice(0, colon)}:***`;
  return `${parts.scheme}${user}@${rest}`;
}

/** A word of an address that is a key rather than a name: long, and of letters and digits alike. */
export function isKeyLike(word: string): boolean {
  return word.length >= 9 && /\d/.test(word) && /[a-z]/i.test(word);
}

/** The same of where events and video go: an address of a chat service or platform is a secret itself. */
export function maskAddress(url: string): string {
  const masked = maskUrl(url);
  const parts = splitUrl(masked);
  if (parts === null || /^file:/i.test(parts.scheme)) return masked;
  const { scheme, userinfo, rest } = parts;
  const [, place = "", query = "", fragment = ""] = /^([^?#]*)(\?[^#]*)?(#.*)?$/s.exec(rest)!;
  const isKey = (word: string) =>
    isKeyLike(word) || /^bot\d+:/.test(word) || /^[\w-]{20,}$/.test(word);
  const [host = "", ...path] = place.split("/");
  const last = /^rtmps?:/i.test(scheme) ? path.findLastIndex((word) => word !== "") : -1;
  const words = path.map((word, index) => index === last || isKey(word) ? "***" : word);
  return scheme + (userinfo === null ? "" : `${userinfo}@`) + [host, ...words].join("/") +
    query.replace(/=([^&;]+)/g, (whole, value) => isKey(value) ? "=***" : whole) +
    (fragment === "" ? "" : "#***");
}

/** What stands there alone is a token as often as a user, for brokers such as NATS. */
function takesToken({ scheme }: UrlParts): boolean {
  return /^(?:nats|tls):/i.test(scheme);
}

/** A text of unknown origin, such as a plugin's, without what looks like a secret in its URLs and words. */
export function maskText(text: string): string {
  return text
    .replace(
      /[a-z][a-z0-9+.-]{0,20}:\/\/[^\s"'`<>]+/gi,
      (url) => /^rtmps?:/i.test(url) ? maskAddress(url) : maskUrl(url),
    )
    .replace(/\b(bearer)\s+[\w.~+/-]{8,}=*/gi, "$1 ***")
    .replace(/\b([Bb]asic)\s+(?=\S*[A-Z\d=])[\w+/-]{8,}=*/g, "$1 ***")
    .replace(
      /((?:passw(?:or)?d|passphrase|pwd|token|secret|api_?key|authorization)=)(?!\*\*\*)[^\s&;,"'\\]+/gi,
      "$1***",
    )
    // As an object is printed, or JSON.
    .replace(
      /((?:passw(?:or)?d|passphrase|pwd|token|secret|api_?key|authorization)["']?\s*[:=]\s*)(["'`])(?:\\.|(?!\2).)+\2/gi,
      "$1$2***$2",
    );
}

/** Shorter secrets are words like any other, and are masked only where a URL shows them. */
export const shortestSecret = 4;

/** The text without the secrets of `url`, whichever way they are spelled in it. */
export function maskSecrets(text: string, url: string): string {
  let masked = text.replaceAll(url, maskUrl(url));
  for (const secret of secretsOf(url)) {
    masked = secret.length >= shortestSecret
      ? masked.replaceAll(secret, "***")
      : masked.replaceAll(`:${secret}@`, ":***@").replaceAll(`=${secret}`, "=***");
  }
  return masked;
}

/** Texts without any of which {@link maskSecrets} leaves a text as it is. */
export function secretTexts(url: string): string[] {
  const secrets = secretsOf(url);
  // A password may be empty, which is shown as one.
  if (secrets.length === 0) return maskUrl(url) === url ? [] : [url];
  return secrets.flatMap((secret) =>
    secret.length >= shortestSecret ? [secret] : [`:${secret}@`, `=${secret}`]
  );
}

/** Passwords of a URL as typed, percent-encoded and decoded; longest first. */
function secretsOf(url: string): string[] {
  const parts = splitUrl(url);
  const found = new Set<string>();
  const userinfo = parts?.userinfo ?? "";
  const colon = userinfo.indexOf(":");
  if (parts === null) found.add(nearlyUrl.exec(url)?.[2] ?? "");
  else if (colon >= 0) found.add(userinfo.slice(colon + 1));
  else found.add(doubtfulParts(parts)?.password ?? "");
  const query = (parts?.rest ?? "").matchAll(secretParameters);
  for (const match of query) found.add(match[2] ?? "");
  for (const typed of [...found]) {
    found.add(encodeSecret(typed));
    found.add(decodeSecret(typed));
  }
  found.delete("");
  return [...found].sort((a, b) => b.length - a.length);
}

/** Percent-encodes a user name or password; what is percent-encoded already stays so. */
export function encodeSecret(text: string): string {
  return text.replace(/%[0-9a-f]{2}|[^a-z0-9._~-]/giu, (piece) => {
    if (piece.length === 3 && piece.startsWith("%")) return piece;
    return [...new TextEncoder().encode(piece)]
      .map((byte) => "%" + byte.toString(16).toUpperCase().padStart(2, "0")).join("");
  });
}

function decodeSecret(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
