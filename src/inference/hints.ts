/** What the operator can do about each kind of failure. */

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
  cancelled: "",
  unsupported: "Check --api and the port in --ovms_url: the server does not speak this protocol.",
  server_error: "Look into the model server's log.",
};

const versionHint =
  "Check --model_version: 0 takes the latest version that the model server has loaded.";

const certificateHint =
  "Check --tls_ca, and that --ovms_url names the host as the certificate does.";

/** One sentence for a failure that came with the server's `words`. */
export function hintFor(reason: InferenceReason, words: string): string {
  if (reason === "model_not_found" && /version/i.test(words)) return versionHint;
  if (reason === "unavailable" && /certificate|self[- ]signed|altname/i.test(words)) {
    return certificateHint;
  }
  return hints[reason];
}
