/** What is set for a model. */

import { resolve } from "node:path";
import { z } from "zod";
import type { Needs } from "../settings/needs.ts";
import { file } from "../settings/paths.ts";
import { type Phrase, phrase, type Problem } from "../settings/problem.ts";
import { refuseControls } from "../settings/paths.ts";
import type { InferenceConfig } from "./inference.ts";
import { protocols, protocolsOf } from "./protocols.ts";
import { refusedPorts } from "../settings/refused_ports.ts";
import {
  choice,
  complete,
  integer,
  number,
  parsed,
  SettingError,
  structured,
  table,
  text,
  toggle,
  type ValuesOf,
} from "../settings/setting.ts";

const hourMs = 3_600_000;
const schemes = [...new Set(protocols.flatMap(({ schemes }) => schemes))];
const urlAllowed = `HOST:PORT, ${schemes.map((scheme) => `${scheme}://`).join(", ")}`
  .replace(/, ([^,]*)$/, " or $1");
const pemAllowed = "the path of a PEM file";

/** The rows, in the order of the help. */
export const modelSettings = table({ group: "Model" }, {
  ovms_url: parsed(urlAllowed, parseOvmsUrl, {
    value: "URL",
    secret: "url",
    unset: phrase`this, ${"model_path"} or ${"no_model"}`,
    help: "model server: host:port or grpc://, grpcs:// (TLS), http(s):// (KServe REST)",
  }),
  model_path: file("the path of an ONNX file", {
    value: "FILE",
    help: phrase`ONNX file to run in this process, in place of ${"ovms_url"}`,
  }),
  no_model: toggle({
    help:
      phrase`ask no model, in place of ${"ovms_url"}: for use cases such as motion, the default then`,
  }),
  model_name: text("the name of a model on the server", {
    value: "NAME",
    help: phrase`the model's name on the server (required with ${"ovms_url"})`,
  }),
  model_version: integer(0, Number.MAX_SAFE_INTEGER, {
    value: "N",
    default: 0,
    help: "the model's version on the server; 0 = latest",
  }),
  api: choice(["auto", ...new Set(protocols.map(({ api }) => api))], {
    value: "WORD",
    default: "auto",
    more: "else TensorFlow Serving",
    help: "kserve, tfs (TensorFlow Serving), kserve_stream (graphs, see docs/graphs.md), " +
      "or auto: KServe if the server speaks it",
  }),
  side_packets: structured(
    "a JSON object of texts, whole numbers, true and false",
    z.record(
      z.string(),
      z.union([z.string(), z.int(), z.boolean()], {
        error: "must be a text, a whole number, true or false",
      }),
    ),
    {
      value: "JSON",
      help: `what a graph is told as it begins, such as '{"max_objects":5}'`,
    },
  ),
  binary_input: toggle({
    help: "send JPEG instead of pixels",
  }),
  inference_executors: integer(1, 256, {
    value: "N",
    default: 4,
    help: "requests in flight",
  }),
  inference_timeout_ms: integer(1, hourMs, {
    value: "MS",
    default: 5000,
    help: "deadline of one request",
  }),
  max_in_flight: integer(1, 1024, {
    value: "N",
    unset: phrase`all executors', 16 at most; 2 for ${"model_path"} or with batches`,
    help: "requests in flight to the model, of all streams that ask it",
  }),
  batch_max_size: integer(1, 256, {
    value: "N",
    default: 1,
    more: "1 = off",
    help: "send up to N frames of all streams as one request, if the model takes it",
  }),
  batch_max_wait_ms: number(0, 1000, {
    value: "MS",
    default: 5,
    help: "the first frame of a request waits so long for others",
  }),
  tls_ca: file(pemAllowed, {
    value: "FILE",
    unset: "the system's authorities",
    help: "PEM: trust servers signed by these certificates",
  }),
  tls_cert: file(pemAllowed, {
    value: "FILE",
    help: phrase`PEM: client certificate, with ${"tls_key"}`,
  }),
  tls_key: file(pemAllowed, {
    value: "FILE",
    help: "PEM: key of the client certificate",
  }),
});

/** As far as they were given and right. */
export type ModelValues = ValuesOf<typeof modelSettings>;

/** Complete settings of a model. */
export function inferenceConfig(values: ModelValues): InferenceConfig {
  const { noModel, modelPath, inferenceTimeoutMs: timeoutMs, ...server } = complete(
    modelSettings,
    values,
  );
  if (noModel) return { kind: "none" };
  if (modelPath !== null) return { kind: "onnx", path: modelPath, timeoutMs };
  const { ovmsUrl, modelName, modelVersion, api, sidePackets, tlsCa, tlsCert, tlsKey } = server;
  return {
    kind: "server",
    url: ovmsUrl!,
    modelName: modelName!,
    modelVersion,
    api,
    sidePackets: sidePackets ?? {},
    timeoutMs,
    tls: { caFile: tlsCa, certFile: tlsCert, keyFile: tlsKey },
  };
}

/** Adds the permissions that asking it takes. */
export function inferenceNeeds(inference: InferenceConfig, needs: Needs): void {
  if (inference.kind === "none") return;
  if (inference.kind === "onnx") {
    needs.add("read", resolve(inference.path));
    return needs.package("onnxruntime-node");
  }
  const { url, tls } = inference;
  for (const protocol of protocolsOf(url)) protocol.needs?.(needs);
  needs.host(url);
  for (const file of Object.values(tls)) if (file !== null) needs.add("read", resolve(file));
}

/** How streams that ask the same model share it. */
export type SharingConfig = ReturnType<typeof sharingConfig>;

/** Complete settings of sharing a model. */
export function sharingConfig(values: ModelValues) {
  const { maxInFlight, batchMaxSize, batchMaxWaitMs } = complete(modelSettings, values);
  return { maxInFlight, batchMaxSize, batchMaxWaitMs };
}

/** Settings that only mean something to a model server. */
const serverOnly = ["model_name", "model_version", "api", "side_packets", "binary_input"];
/** Settings that only mean something to a model. */
const modelOnly = [
  ...serverOnly,
  "inference_timeout_ms",
  "max_in_flight",
  "batch_max_size",
  "batch_max_wait_ms",
];
/** Settings that only mean something to a model that streams share. */
const sharedOnly = ["max_in_flight", "batch_max_size", "batch_max_wait_ms"];
/** Which model is asked: one of these. */
export const backends = ["ovms_url", "model_path", "no_model"] as const;
const tls = ["tls_ca", "tls_cert", "tls_key"] as const;

/** Settings that say which model it is: those of two places are never mixed. */
export const whichModel: readonly (keyof typeof modelSettings)[] = [
  ...backends,
  "model_name",
  "model_version",
  "api",
  "side_packets",
  "binary_input",
  ...tls,
];

type Has = (setting: string) => boolean;

/** What is wrong with settings that are right one by one; `has` tells what was given at all. */
export function checkModel(right: ModelValues, has: Has): Problem[] {
  return [...checkBackend(right, has), ...checkTls(right, has)];
}

/** What is right and has no effect, a sentence each. */
export function modelNotices(right: ModelValues, has: Has): Phrase[] {
  const idleWith = (backend: string, settings: readonly string[]) =>
    has(backend)
      ? settings.filter(has).map((setting) => phrase`${setting} has no effect with ${backend}`)
      : [];
  const isAlone = (right.batch_max_size ?? 1) === 1;
  return [
    ...idleWith("model_path", serverOnly),
    ...idleWith("no_model", modelOnly),
    ...right.api === "kserve_stream"
      ? sharedOnly.filter(has).map((setting) =>
        phrase`${setting} has no effect with ${"api"} kserve_stream, where each camera has its own`
      )
      : [],
    ...has("batch_max_wait_ms") && isAlone
      ? [phrase`${"batch_max_wait_ms"} has no effect without ${"batch_max_size"} over 1`]
      : [],
  ];
}

function checkBackend({ ovms_url, api }: ModelValues, has: Has): Problem[] {
  const [first, ...more] = backends.filter(has);
  if (first === undefined) {
    return [{
      setting: "ovms_url",
      message: [
        ...phrase`missing, give one of ${"ovms_url"} (the model server's HOST:PORT), `,
        ...phrase`${"model_path"} (an ONNX file), ${"no_model"}`,
      ],
    }];
  }
  if (more.length > 0) {
    const message = [
      ...phrase`conflicts with ${first}, give one of `,
      ...phrase`${"ovms_url"}, ${"model_path"}, ${"no_model"}`,
    ];
    return more.map((setting) => ({ setting, message }));
  }
  const problems: Problem[] = [];
  if (has("ovms_url") && !has("model_name")) {
    const message = phrase`missing, it is required with ${"ovms_url"}`;
    problems.push({ setting: "model_name", message, beside: "ovms_url" });
  }
  const spoken = protocolsOf(ovms_url ?? "").map((protocol) => protocol.api);
  if (api !== undefined && api !== "auto" && ovms_url !== undefined && !spoken.includes(api)) {
    problems.push({
      setting: "api",
      value: api,
      message: "is spoken over gRPC only, must be auto or kserve with http:// or https://",
    });
  }
  return problems;
}

function checkTls(right: ModelValues, has: Has): Problem[] {
  // Without TLS the files would be ignored, and the operator believe that the wire is safe.
  const secure = /^(grpcs|https):/.test(right.ovms_url ?? "");
  if (!secure && (right.ovms_url !== undefined || has("model_path") || has("no_model"))) {
    return tls.filter((setting) => right[setting] !== undefined).map((setting) => ({
      setting,
      value: right[setting],
      message: phrase`has no effect without TLS, needs ${"ovms_url"} grpcs:// or https://`,
    }));
  }
  const problems: Problem[] = [];
  for (const [one, other] of [["tls_cert", "tls_key"], ["tls_key", "tls_cert"]] as const) {
    if (has(one) && !has(other)) {
      problems.push({ setting: one, value: right[one], message: phrase`needs ${other} beside it` });
    }
  }
  return problems;
}

/** A model server's URL with its scheme: a bare `host:port` means gRPC. */
function parseOvmsUrl(text: string): string {
  refuseControls(text);
  const [, scheme] = /^([a-z][a-z0-9+.-]*):\/\//i.exec(text) ?? [];
  if (scheme === undefined) return grpcUrl("grpc", text);
  if (!schemes.some((known) => known === scheme.toLowerCase())) {
    throw new SettingError(`${scheme}:// is not supported, must be ${urlAllowed}`);
  }
  return /^grpcs?$/i.test(scheme)
    ? grpcUrl(scheme.toLowerCase(), text.slice(scheme.length + 3).replace(/\/$/, ""))
    : httpUrl(text);
}

function httpUrl(text: string): string {
  const url = URL.parse(text);
  if (url === null) throw new SettingError();
  if (refusedPorts.has(Number(url.port))) {
    const must = "let the server listen on another one, such as 8000";
    throw new SettingError(`has port ${url.port}, which HTTP clients refuse; ${must}`);
  }
  return text.replace(/\/+$/, "");
}

function grpcUrl(scheme: string, address: string): string {
  const [, host, port] = /^(\[[0-9a-f:.]+\]|[^\s:/@?#[\]]+):(\d{1,5})$/i.exec(address) ?? [];
  if (host === undefined) {
    throw new SettingError(
      /^[^\s:/@?#[\]]+$/.test(address) ? `has no port, must be ${urlAllowed}` : undefined,
    );
  }
  const number = Number(port);
  if (number < 1 || number > 65535) {
    throw new SettingError(`has port ${port}, must be from 1 to 65535`);
  }
  return `${scheme}://${host}:${number}`;
}
