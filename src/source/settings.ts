/** What is set for a camera. */

import { phrase, type Problem } from "../settings/problem.ts";
import { hostFault } from "./address.ts";
import { file, isRemote, parsePath, rebasePath, refuseControls } from "../settings/paths.ts";
import {
  choice,
  complete,
  integer,
  number,
  parsed,
  required,
  SettingError,
  table,
  text,
  toggle,
  type ValuesOf,
} from "../settings/setting.ts";

const hourMs = 3_600_000;
const urlAllowed =
  "rtsp://, rtsps://, http://, https://, rtmp://, srt:// or udp://, a file or a device";
const regionAllowed =
  "x,y,width,height in fractions of the picture, within it and not empty (0.1,0.2,0.5,0.5)";

/** The rows, in the order of the help. */
export const sourceSettings = table({ group: "Stream" }, {
  stream_url: required(parsed(urlAllowed, parseStreamUrl, {
    value: "URL",
    secret: "url",
    rebase: (given, directory) =>
      typeof given === "string" && isStreamAddress(given) ? given : rebasePath(given, directory),
    file: (url: string) => isRemote(url) ? null : { path: url, use: "read" },
    more:
      "MPEG-TS over udp, an `.sdp` file of RTP, a device such as `/dev/video0`; http counts as live, a file there too; one JPEG is asked for again and again",
    help: "camera: rtsp(s), http(s), rtmp, srt, udp, a file or a device (required)",
  })),
  rtsp_transport: choice(["tcp", "udp", "http"], {
    value: "WORD",
    default: "tcp",
    help: "how RTSP media travels: tcp, udp or http",
  }),
  rtsp_listen: toggle({
    more: "as OBS does",
    help: "wait at the rtsp://, rtmp:// or srt:// URL for a camera that pushes",
  }),
  stream_tls_ca: file("the path of a PEM file", {
    value: "FILE",
    unset: "the system's authorities",
    help: "PEM: trust a camera at rtsps or https with this certificate, or signed by it",
  }),
  stream_tls_insecure: toggle({
    more: "the log says so",
    help: "trust a camera at rtsps or https whatever its certificate",
  }),
  fps: number(0.01, 1000, {
    value: "N",
    more: "a file is then played at its own pace",
    unset: "all",
    help: "take at most N frames a second; how often a single JPEG is asked for (1)",
  }),
  decode: choice(["all", "keyframes"], {
    value: "WORD",
    default: "all",
    help: "all pictures, or keyframes: only those that need no other, for less CPU",
  }),
  region: parsed(regionAllowed, parseRegion, {
    value: "X,Y,W,H",
    unset: "all of it",
    help: "look only at this part of the picture, in fractions: 0.1,0.2,0.5,0.5",
  }),
  motion_threshold: number(0, 1, {
    value: "SHARE",
    unset: "none skipped",
    help: "skip frames unless this share of the picture moves, such as 0.005",
  }),
  motion_hold_ms: integer(0, hourMs, {
    value: "MS",
    default: 5000,
    help: phrase`with ${"motion_threshold"}: go on for so long after the last motion`,
  }),
  hwaccel: text("a name that ffmpeg -hwaccels shows, or auto", {
    value: "NAME",
    unset: "the CPU",
    help: "decode on hardware: vaapi, cuda, qsv, videotoolbox, …, or auto",
  }, /^[A-Za-z0-9_]{1,32}$/),
  ffmpeg_memory_mb: integer(64, 1_048_576, {
    value: "MB",
    default: 512,
    more: phrase`Linux; files may take 64 MB more a core, and with ${"hwaccel"} 1 GB`,
    help: "memory of a camera's ffmpeg; past it, the camera is connected to again",
  }),
  clip_audio: toggle({
    more: phrase`with ${"data_dir"}; see [docs/events.md](docs/events.md#clips)`,
    help: "take the camera's sound as well, for clips of events",
  }),
  stall_timeout_ms: integer(100, hourMs, {
    value: "MS",
    default: 10_000,
    help: "no frame for so long means the camera has stalled",
  }),
  reconnect_limit: integer(0, 1_000_000, {
    value: "N",
    default: 0,
    help: "give up after N vain attempts in a row; 0 = never",
  }),
});

/** As far as they were given and right. */
export type SourceValues = ValuesOf<typeof sourceSettings>;

/** Where frames come from. The URL has its credentials: mask it before it is shown. */
export type SourceConfig = ReturnType<typeof sourceConfig>;
/** Which certificates of a camera are good. */
export type CameraTlsConfig = SourceConfig["tls"];
/** When something moves. */
export type MotionConfig = NonNullable<SourceConfig["motion"]>;

/** Complete settings of a camera. */
export function sourceConfig(values: SourceValues) {
  const { streamUrl: url, streamTlsCa, streamTlsInsecure, motionThreshold, motionHoldMs, ...rest } =
    complete(sourceSettings, values);
  return {
    url,
    tls: { caFile: streamTlsCa, insecure: streamTlsInsecure },
    /** Null: all frames are taken. */
    motion: motionThreshold === null ? null : { threshold: motionThreshold, holdMs: motionHoldMs },
    ...rest,
  };
}

/** What is wrong with settings that are right one by one; `has` tells what was given at all. */
export function checkSource(
  { stream_url: url, rtsp_listen }: SourceValues,
  has: (setting: string) => boolean,
): Problem[] {
  if (!has("stream_url")) {
    return [{ setting: "stream_url", message: `missing, must be ${urlAllowed}` }];
  }
  if (rtsp_listen && url !== undefined && !/^(rtsp|rtmp|srt):/i.test(url)) {
    const message =
      phrase`cannot be listened at, must be rtsp://, rtmp:// or srt:// with ${"rtsp_listen"}`;
    return [{ setting: "stream_url", value: url, message }];
  }
  const given = ["stream_tls_ca", "stream_tls_insecure"].filter(has);
  if (url !== undefined && !/^(rtsps|https):/i.test(url)) {
    const message = phrase`has no effect without TLS, needs ${"stream_url"} rtsps:// or https://`;
    return given.map((setting) => ({ setting, message }));
  }
  return given.slice(1).map((setting) => ({
    setting,
    message: phrase`conflicts with ${given[0]!}`,
  }));
}

const remoteStream = /^(rtsps?|https?|rtmp|srt|udp):\/\/[^/]/i;
const streamScheme = /^(rtsps?|https?|rtmp|srt|udp):/i;
/** An address of a host, with a port or a path behind it or not, which no file is called. */
const bareHost =
  /^([^\s/@]+@)?(\d{1,3}(\.\d{1,3}){3}|\[[0-9a-f:]+\]|localhost|([a-z0-9-]+\.)+(local|lan|internal))(:\d+)?(\/|$)/i;
/** A name with a port, or behind a user with a password. */
const bareName = /^([a-z0-9.-]+:\d{1,5}(\/|$)|[^\s/@:]+:(?!\/\/)\S*@[^\s/])/i;

/** Whether a text where a stream could stand is an address, right or wrong; `./` makes a path of any. */
function isStreamAddress(text: string): boolean {
  return streamScheme.test(text) || isBareHost(text);
}

function isBareHost(text: string): boolean {
  return bareHost.test(text) || bareName.test(text);
}

const faults = {
  "no host": `names no host, must be ${urlAllowed}`,
  "bad host": "host must be a name or an address",
  "open bracket": "the host's bracket is not closed, must be such as [fe80::1]",
  "bare IPv6": "host must be a name or an address, one of IPv6 in brackets such as [fe80::1]",
  "bad port": "port must be from 1 to 65535",
} as const;

/**
 * A stream's URL as given, or the path of a file or device. Deliberately no `new URL()`: a password
 * may hold `@ : / # ?` as they are, which only the source's own reader of URLs understands.
 */
function parseStreamUrl(text: string): string {
  // Behind a password, nothing of the URL may stand in an error, control characters included.
  refuseControls(text);
  if (remoteStream.test(text)) {
    const fault = hostFault(text);
    if (fault !== null) throw new SettingError(faults[fault]);
    return text;
  }
  if (streamScheme.test(text)) throw new SettingError(faults["no host"]);
  if (isBareHost(text)) {
    throw new SettingError(`has no scheme, did you mean rtsp://${text.replace(/^.*@/, "…@")}`);
  }
  return parsePath(text, urlAllowed);
}

/** A part of the camera's picture, in fractions (0…1) of it; origin top left. */
export interface RegionConfig {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** Sums of fractions such as 0.7 + 0.3 may be above 1 by this. */
const rounding = 1e-9;

/** Reads four fractions, which must lie within the picture. */
export function parseRegion(text: string): RegionConfig {
  const parts = text.split(",").map((part) => part.trim());
  const [x = NaN, y = NaN, width = NaN, height = NaN, ...more] = parts.map((part) =>
    /^(\d+\.?\d*|\.\d+)$/.test(part) ? Number(part) : NaN
  );
  const inside = x + width <= 1 + rounding && y + height <= 1 + rounding;
  if (more.length > 0 || !(width > 0 && height > 0 && inside)) throw new SettingError();
  return { x, y, width, height };
}
