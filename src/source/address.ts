/** The user's `--stream_url` as ffmpeg's input. */

import { encodeSecret, splitUrl } from "../log/mask.ts";

/** A source's address, in ffmpeg's own spelling. */
export interface Address {
  readonly kind: "rtsp" | "http" | "rtmp" | "srt" | "udp" | "sdp" | "device" | "file";
  /** With credentials percent-encoded, as ffmpeg decodes them. */
  readonly url: string;
}

/** Reads what the user typed: a URL whose password may hold any character, a device, or a path. */
export function parseAddress(text: string): Address {
  if (/^\/dev\/video\d+$/.test(text)) return { kind: "device", url: text };
  const parts = splitUrl(text);
  // A name such as `cam:1.mp4` or `-x.mp4` must not be taken for a protocol or an option.
  if (parts === null) {
    const kind = /\.sdp$/i.test(text) ? "sdp" : "file";
    return { kind, url: text.startsWith("file:") ? text : `file:${text}` };
  }
  const scheme = parts.scheme.toLowerCase();
  // ffmpeg's file protocol takes a path, and decodes nothing.
  if (scheme === "file://") return { kind: "file", url: `file:${decodePath(parts.rest)}` };
  const url = scheme + encodeUserinfo(parts.userinfo) + parts.rest;
  if (scheme === "rtsp://" || scheme === "rtsps://") return { kind: "rtsp", url };
  if (scheme === "rtmp://" || scheme === "srt://" || scheme === "udp://") {
    return { kind: scheme.slice(0, -"://".length) as "rtmp" | "srt" | "udp", url };
  }
  return { kind: "http", url };
}

/**
 * Host and port of an address in ffmpeg's spelling; IPv6 without its brackets. Null when it has
 * none that can be connected to: a camera's redirect may hold anything.
 */
export function hostAndPort(
  url: string,
  defaultPort: number,
): { readonly hostname: string; readonly port: number } | null {
  const parsed = URL.parse(url.replace(/^[a-z0-9]+:/i, "ftp:"));
  if (parsed === null || parsed.port === "0") return null;
  const hostname = parsed.hostname.replace(/^\[|\]$/g, "");
  return { hostname, port: Number(parsed.port || defaultPort) };
}

/** What may be wrong with the host or port of a stream's URL. */
export type HostFault = "no host" | "bad host" | "open bracket" | "bare IPv6" | "bad port";

/** What is wrong; null when nothing is. */
export function hostFault(text: string): HostFault | null {
  const { kind, url } = parseAddress(text);
  const [, host = "", port = ""] =
    /^[a-z]+:\/\/(?:[^/?#]*@)?(\[[^\]/?#]*\]|[^:/?#]*)([^/?#]*)/i.exec(url) ?? [];
  if (host.startsWith("[") && !host.endsWith("]")) return "open bracket";
  if (/:.*:/.test(port)) return "bare IPv6";
  if (port !== "" && !/^:(0*[1-9]\d{0,4})?$/.test(port)) return "bad port";
  if (Number(port.slice(1)) > 65_535) return "bad port";
  // These may wait at a port of every address, and only ffmpeg reads them.
  if (kind === "udp" || kind === "srt") return null;
  if (host === "") return "no host";
  // The zone of a link-local address is for ffmpeg, too.
  const withoutZone = host.replace(/%[^\]]*(?=\]$)/, "");
  return hostAndPort(`ftp://${withoutZone}`, 1) === null ? "bad host" : null;
}

/** Whether the camera is reached by RTSP over TLS. */
export function isRtsps({ url }: Address): boolean {
  return url.startsWith("rtsps://");
}

/** Whether the camera is reached by HTTP over TLS. */
export function isHttps({ url }: Address): boolean {
  return url.startsWith("https://");
}

function encodeUserinfo(userinfo: string | null): string {
  if (userinfo === null) return "";
  const colon = userinfo.indexOf(":");
  if (colon < 0) return encodeSecret(userinfo) + "@";
  return `${encodeSecret(userinfo.slice(0, colon))}:${encodeSecret(userinfo.slice(colon + 1))}@`;
}

function decodePath(path: string): string {
  try {
    return decodeURIComponent(path.replace(/^localhost(?=\/)/, ""));
  } catch {
    return path;
  }
}
