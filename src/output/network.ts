/** Outputs to a server that others watch: RTSP, RTMP and SRT. */

import { maskUrl } from "../log/mask.ts";
import { parsed, required, SettingError } from "../settings/setting.ts";
import {
  commonRows,
  fillCamera,
  inTransport,
  mustCarry,
  outputKind,
  soundFor,
} from "./output_kind.ts";

function address(schemes: string, needsPort = false) {
  const allowed = `${schemes} and a host${needsPort ? ", a colon and a port" : ""}`;
  const parse = (text: string) => {
    const asHttp = text.replace(/^[a-z]+:/, "http:");
    // deno-lint-ignore no-control-regex
    if (/[\u0000-\u0020\u007f]/.test(text) || !URL.canParse(asHttp)) throw new SettingError();
    // Of `rtsp:///path` the path would be taken for the host.
    if (/^http:\/\/\//.test(asHttp)) throw new SettingError();
    if (needsPort && !/^http:\/\/[^/?#]*:\d+(?:[/?#]|$)/.test(asHttp)) throw new SettingError();
    return text;
  };
  return required(parsed(allowed, parse, {
    value: "URL",
    secret: "url",
    help: "the address at the server, user and password included; %N becomes the camera's name",
  }));
}

const placeOf = ({ url }: { readonly url: string }, camera: string) =>
  fillCamera(url, encodeURIComponent(camera));

/** A connection that stands still is given up after so many microseconds. */
const stallUs = "10000000";

/** `rtsp://`, `rtsps://`: announced and recorded over one TCP connection. */
export const rtsp = outputKind({
  kind: "rtsp",
  schemes: ["rtsp", "rtsps"],
  settings: { url: address("rtsp:// or rtsps://"), ...commonRows },
  describe: ({ url }) => maskUrl(url),
  place: placeOf,
  prepare: (config, { camera, parameters }) => [
    ...soundFor(parameters, ["aac", "pcm_alaw", "pcm_mulaw", "opus"]),
    ...["-rtsp_transport", "tcp", "-f", "rtsp", placeOf(config, camera)],
  ],
  needs: () => {},
});

/** Who knows the last part of the path, the stream's key, may send in its place. */
function withoutKey(url: string): string {
  return maskUrl(url).replace(/^(rtmps?:\/\/[^/]*\/.*\/)[^/?#]+/i, "$1***");
}

/** `rtmp://`, `rtmps://`, as streaming platforms take it. */
export const rtmp = outputKind({
  kind: "rtmp",
  schemes: ["rtmp", "rtmps"],
  settings: { url: address("rtmp:// or rtmps://"), ...commonRows },
  describe: ({ url }) => withoutKey(url),
  place: placeOf,
  prepare(config, { camera, parameters }) {
    mustCarry(parameters, "RTMP", ["h264", "hevc", "av1"]);
    return [
      ...soundFor(parameters, ["aac"]),
      ...["-rw_timeout", stallUs, "-flvflags", "no_duration_filesize"],
      ...["-f", "flv", placeOf(config, camera)],
    ];
  },
  needs: () => {},
});

/** `srt://host:port?…`, an MPEG transport stream; the query is SRT's own. */
export const srt = outputKind({
  kind: "srt",
  schemes: ["srt"],
  settings: { url: address("srt://", true), ...commonRows },
  describe: ({ url }) => maskUrl(url),
  place: placeOf,
  prepare(config, { camera, parameters }) {
    mustCarry(parameters, "An MPEG transport stream", inTransport);
    return [
      ...soundFor(parameters, ["aac", "opus"]),
      ...["-mpegts_flags", "+resend_headers", "-f", "mpegts", placeOf(config, camera)],
    ];
  },
  needs: () => {},
});
