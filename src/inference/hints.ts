/** Hints for the operator, one for each reason of an InferenceError. */

import type { InferenceReason } from "./inference.ts";

const unavailableHint =
  "Check that the model server runs and that --ovms_url names its host and port; Sightline goes on trying.";

const hints: Readonly<Record<InferenceReason, string>> = {
  unavailable: unavailableHint,
  unauthorized: "Check --tls_cert and --tls_key, and what the server asks of its clients.",
  model_not_found: "Check --model_name against the names that the model server was started with.",
  invalid_input:
    "The model wants other inputs: check its metadata, the use case's input, and the server's --layout and --shape.",
  too_large:
    "Send less: a use case with a smaller input, --binary_input, or a higher message limit on the server's side.",
  timeout:
    "The model server took too long: raise --inference_timeout_ms, or give it less to do (--fps, --inference_executors).",
  no_answer: "",
  cancelled: "",
  unsupported: "Check --api and the port in --ovms_url: the server does not speak this protocol.",
  server_error: "Look into the model server's log.",
};

const versionHint =
  "Check --model_version: 0 takes the latest version that the model server has loaded.";

const notLoadedHint =
  "The server knows the model and has not loaded it, or no more: look into its log; Sightline goes on trying.";

const certificateHint =
  "Check --tls_ca, and that --ovms_url names the host as the certificate does.";

const noVersionsHint =
  "This server knows no versions of a model: leave out --model_version, or set it to 0.";

const noStatusHint =
  "Something answers there that is not gRPC, or a proxy that drops its trailers: check the port in --ovms_url, and what stands in between (nginx: grpc_pass).";

/** One sentence for a failure that came with the server's `words`. */
export function hintFor(reason: InferenceReason, words: string): string {
  // MLServer names the version in any case: "Model m with version  not found", where none was asked.
  const isOfVersion = /version(?!\s+not found)/i.test(words);
  if (reason === "model_not_found" && isOfVersion) return versionHint;
  if (reason === "unsupported" && /versioning/i.test(words)) return noVersionsHint;
  if (/without a grpc-status/.test(words)) return noStatusHint;
  if (reason === "unavailable" && /no available versions/i.test(words)) return notLoadedHint;
  if (reason === "unavailable" && /certificate|self[- ]signed|altname/i.test(words)) {
    return certificateHint;
  }
  return hints[reason];
}
