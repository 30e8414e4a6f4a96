/** Settings that are right one by one and wrong together. */

import { isDeepStrictEqual } from "node:util";
import type { Problem } from "../settings/problem.ts";
import { isRemote } from "../settings/paths.ts";
import { STREAM_URL_ALLOWED } from "./parse_urls.ts";
import { textOf } from "../settings/kinds.ts";
import { sinkKinds, type StreamSettings } from "./settings.ts";

/** What is wrong, and what is right but idle. */
export interface Conflicts {
  readonly problems: readonly Problem[];
  readonly notices: readonly string[];
}

const HOLD_IDLE = "--motion_hold_ms has no effect without --motion_threshold";
const WAIT_IDLE = "--batch_max_wait_ms has no effect without --batch_max_size over 1";
const WATCH_IDLE = "--watch has no effect with a plugin that is given by its URL";

/** Settings that only mean something to a model server. */
const SERVER_ONLY = ["model_name", "model_version", "api", "binary_input"] as const;
/** Settings that only mean something to a model. */
const MODEL_ONLY = [
  ...SERVER_ONLY,
  "inference_timeout_ms",
  "max_in_flight",
  "batch_max_size",
  "batch_max_wait_ms",
] as const;
/** Which model is asked: one of these. */
const BACKENDS = ["ovms_url", "model_path", "no_model"] as const;
const TLS = ["tls_ca", "tls_cert", "tls_key"] as const;

/**
 * Looks at one stream: `given` tells what the user wrote, right or wrong, `right` the values that
 * passed their own check. A setting that is wrong by itself is not also reported as missing.
 */
export function findConflicts(
  given: Readonly<Record<string, unknown>>,
  right: StreamSettings,
): Conflicts {
  // A switch that a configuration file turns off is as good as absent.
  const has = (setting: string) => given[setting] !== undefined && given[setting] !== false;
  const problems = [
    ...checkSource(right, has),
    ...checkBackend(right, has),
    ...checkTls(right, has),
    ...checkSinks(right),
  ];
  return {
    problems,
    notices: [
      ...(has("motion_hold_ms") && !has("motion_threshold") ? [HOLD_IDLE] : []),
      ...(right.watch && isRemote(right.use_case ?? "") ? [WATCH_IDLE] : []),
      ...idleWithoutObjects(),
      ...idleWith("model_path", SERVER_ONLY),
      ...idleWith("no_model", MODEL_ONLY),
      ...(has("batch_max_wait_ms") && (right.batch_max_size ?? 1) === 1 ? [WAIT_IDLE] : []),
    ],
  };

  /** Motion, which runs where there is no model and nothing else was said, finds no objects. */
  function idleWithoutObjects(): string[] {
    const isMotion = has("no_model") && !has("use_case") ||
      /(^|[/\\])motion(\.ts)?$/.test(String(given["use_case"] ?? ""));
    if (!isMotion) return [];
    return ["track", "zones", "lines", "objects"].filter(has).map((setting) =>
      `--${setting} has no effect with the use case motion, which finds no objects`
    );
  }

  function idleWith(backend: string, settings: readonly string[]): string[] {
    if (!has(backend)) return [];
    return settings.filter(has).map((setting) => `--${setting} has no effect with --${backend}`);
  }
}

type Has = (setting: string) => boolean;

function checkSource({ stream_url, rtsp_listen }: StreamSettings, has: Has): Problem[] {
  if (!has("stream_url")) {
    return [{ setting: "stream_url", message: `missing, must be ${STREAM_URL_ALLOWED}` }];
  }
  if (rtsp_listen && stream_url !== undefined && !/^(rtsp|rtmp|srt):/i.test(stream_url)) {
    return [{
      setting: "stream_url",
      value: stream_url,
      message: "cannot be listened at, must be rtsp://, rtmp:// or srt:// with --rtsp_listen",
    }];
  }
  const secure = /^(rtsps|https):/i.test(stream_url ?? "");
  const given = (["stream_tls_ca", "stream_tls_insecure"] as const).filter(has);
  if (stream_url !== undefined && !secure) {
    return given.map((setting) => ({
      setting,
      message: "has no effect without TLS, needs --stream_url rtsps:// or https://",
    }));
  }
  return given.slice(1).map((setting) => ({ setting, message: `conflicts with --${given[0]}` }));
}

/** Which model. */
export function checkBackend({ ovms_url, api }: StreamSettings, has: Has): Problem[] {
  const [first, ...more] = BACKENDS.filter(has);
  if (first === undefined) {
    return [{
      setting: "ovms_url",
      message: "missing, give one of --ovms_url (the model server's HOST:PORT), " +
        "--model_path (an ONNX file), --no_model",
    }];
  }
  if (more.length > 0) {
    const message = `conflicts with --${first}, give one of --ovms_url, --model_path, --no_model`;
    return more.map((setting) => ({ setting, message }));
  }
  const problems: Problem[] = [];
  if (has("ovms_url") && !has("model_name")) {
    const message = "missing, it is required with --ovms_url";
    problems.push({ setting: "model_name", message, beside: "ovms_url" });
  }
  if (api === "tfs" && ovms_url !== undefined && /^http/.test(ovms_url)) {
    problems.push({
      setting: "api",
      value: api,
      message: "is spoken over gRPC only, must be auto or kserve with http:// or https://",
    });
  }
  return problems;
}

/** How the wire to it is secured. */
export function checkTls(right: StreamSettings, has: Has): Problem[] {
  // Without TLS the files would be ignored, and the operator believe that the wire is safe.
  const secure = /^(grpcs|https):/.test(right.ovms_url ?? "");
  if (!secure && (right.ovms_url !== undefined || has("model_path") || has("no_model"))) {
    return TLS.filter((setting) => right[setting] !== undefined).map((setting) => ({
      setting,
      value: right[setting],
      message: "has no effect without TLS, needs --ovms_url grpcs:// or https://",
    }));
  }
  const problems: Problem[] = [];
  for (const [one, other] of [["tls_cert", "tls_key"], ["tls_key", "tls_cert"]] as const) {
    if (has(one) && !has(other)) {
      problems.push({ setting: one, value: right[one], message: `needs --${other} beside it` });
    }
  }
  return problems;
}

function checkSinks({ sink = [] }: StreamSettings): Problem[] {
  return sink.flatMap((one, element) => {
    const isSecond = sink.slice(0, element).some((other) => isDeepStrictEqual(one, other));
    if (!isSecond) return [];
    return [{ setting: "sink", element, value: textOf(sinkKinds, one), message: "is given twice" }];
  });
}
