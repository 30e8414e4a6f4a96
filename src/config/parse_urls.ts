/** What the three settings that name a place allow, and the form in which the code sees them. */

import { fileURLToPath } from "node:url";
import { REFUSED_PORTS } from "./refused_ports.ts";
import { SettingError } from "../settings/setting.ts";

/** What `stream_url` allows, in words. */
export const STREAM_URL_ALLOWED =
  "rtsp://, rtsps://, http://, https://, rtmp://, srt:// or udp://, a file or a device";
/** What `ovms_url` allows, in words. */
export const OVMS_URL_ALLOWED = "HOST:PORT, grpc://, grpcs://, http:// or https://";
/** What `use_case` allows, in words. */
export const USE_CASE_ALLOWED = "the path or the file:, http:// or https:// URL of a plugin";

const REMOTE_STREAM = /^(rtsps?|https?|rtmp|srt|udp):\/\/[^/]/i;
const STREAM_SCHEME = /^(rtsps?|https?|rtmp|srt|udp):/i;
/** An address of a host, with a port or a path behind it or not, which no file is called. */
const BARE_HOST =
  /^([^\s/@]+@)?(\d{1,3}(\.\d{1,3}){3}|\[[0-9a-f:]+\]|localhost|([a-z0-9-]+\.)+(local|lan|internal))(:\d+)?(\/|$)/i;
/** A name with a port, or behind a user with a password. */
const BARE_NAME = /^([a-z0-9.-]+:\d{1,5}(\/|$)|[^\s/@:]+:(?!\/\/)\S*@[^\s/])/i;
const SCHEME = /^([a-z][a-z0-9+.-]*):\/\//i;

/** Whether a text where a stream could stand is an address, right or wrong; `./` makes a path of any. */
export function isStreamAddress(text: string): boolean {
  return STREAM_SCHEME.test(text) || isBareHost(text);
}

function isBareHost(text: string): boolean {
  return BARE_HOST.test(text) || BARE_NAME.test(text);
}

/**
 * A stream's URL as given, or the path of a file or device. Deliberately no `new URL()`: a password
 * may hold `@ : / # ?` as they are, which only the source's own reader of URLs understands.
 */
export function parseStreamUrl(text: string): string {
  // A password makes the rest of the URL nobody's business in an error, control characters included.
  refuseControls(text);
  if (REMOTE_STREAM.test(text)) return text;
  if (STREAM_SCHEME.test(text)) {
    throw new SettingError(`names no host, must be ${STREAM_URL_ALLOWED}`);
  }
  if (isBareHost(text)) {
    throw new SettingError(`has no scheme, did you mean rtsp://${text.replace(/^.*@/, "…@")}`);
  }
  return pathOf(text, STREAM_URL_ALLOWED);
}

/** A model server's URL with its scheme: a bare `host:port` means gRPC. */
export function parseOvmsUrl(text: string): string {
  refuseControls(text);
  const [, scheme] = SCHEME.exec(text) ?? [];
  if (scheme === undefined) return grpcUrl("grpc", text);
  switch (scheme.toLowerCase()) {
    case "grpc":
    case "grpcs":
      return grpcUrl(scheme.toLowerCase(), text.slice(scheme.length + 3).replace(/\/$/, ""));
    case "http":
    case "https":
      return httpUrl(text);
    default:
      throw new SettingError(`${scheme}:// is not supported, must be ${OVMS_URL_ALLOWED}`);
  }
}

/** A plugin's URL as given, or its path; the name of one that ships stays a name. */
export function parseUseCase(text: string): string {
  refuseControls(text);
  if (/^https?:/i.test(text)) {
    if (!URL.canParse(text)) throw new SettingError();
    return text;
  }
  return pathOf(text, USE_CASE_ALLOWED);
}

function httpUrl(text: string): string {
  const url = URL.parse(text);
  if (url === null) throw new SettingError();
  if (REFUSED_PORTS.has(Number(url.port))) {
    const must = "let the server listen on another one, such as 8000";
    throw new SettingError(`has port ${url.port}, which HTTP clients refuse; ${must}`);
  }
  return text.replace(/\/+$/, "");
}

function grpcUrl(scheme: string, address: string): string {
  const [, host, port] = /^(\[[0-9a-f:.]+\]|[^\s:/@?#[\]]+):(\d{1,5})$/i.exec(address) ?? [];
  if (host === undefined) {
    throw new SettingError(
      /^[^\s:/@?#[\]]+$/.test(address) ? `has no port, must be ${OVMS_URL_ALLOWED}` : undefined,
    );
  }
  const number = Number(port);
  if (number < 1 || number > 65535) {
    throw new SettingError(`has port ${port}, must be from 1 to 65535`);
  }
  return `${scheme}://${host}:${number}`;
}

function pathOf(text: string, allowed: string): string {
  if (text === "") throw new SettingError();
  if (/^file:/i.test(text)) {
    try {
      return fileURLToPath(text);
    } catch {
      throw new SettingError(`is no URL of a file on this machine, must be ${allowed}`);
    }
  }
  const [, scheme] = SCHEME.exec(text) ?? [];
  if (scheme !== undefined) {
    throw new SettingError(`${scheme}:// is not supported, must be ${allowed}`);
  }
  return text;
}

function refuseControls(text: string): void {
  // deno-lint-ignore no-control-regex
  if (/[\u0000-\u001f\u007f]/.test(text)) throw new SettingError("holds a control character");
}
