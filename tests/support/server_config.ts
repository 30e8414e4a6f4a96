import type { ModelServerConfig } from "../../src/inference/inference.ts";

/** A model on a server of this machine; what is left out is as usual. */
export function serverConfig(
  config: Partial<ModelServerConfig> & Pick<ModelServerConfig, "url">,
): ModelServerConfig {
  return {
    kind: "server",
    modelName: "model",
    modelVersion: 0,
    api: "auto",
    sidePackets: {},
    timeoutMs: 5000,
    tls: { caFile: null, certFile: null, keyFile: null },
    ...config,
  };
}
