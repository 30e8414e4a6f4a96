/** Model servers over gRPC. */

import type { Logger } from "@logtape/logtape";
import type { ModelServerConfig } from "./settings.ts";
import { AutoGrpc } from "./auto_grpc.ts";
import { describeServer } from "./describe_model.ts";
import type { Inference } from "./inference.ts";
import { KserveGrpc } from "./kserve_grpc.ts";
import type { ServerPool } from "./server_pool.ts";
import { TfsGrpc } from "./tfs_grpc.ts";

/** @throws {InferenceError} when a TLS file cannot be read */
export async function openGrpc(
  config: ModelServerConfig,
  servers: ServerPool,
  logger: Logger,
): Promise<Inference> {
  switch (config.api) {
    case "kserve":
      return await openKserve();
    case "tfs":
      return await openTfs();
    case "auto":
      return new AutoGrpc(describeServer(config), await openKserve(), openTfs, logger);
  }

  async function openKserve(): Promise<KserveGrpc> {
    return await KserveGrpc.open(config, await servers.grpc(config.url, config.tls));
  }

  async function openTfs(): Promise<TfsGrpc> {
    return await TfsGrpc.open(config, await servers.grpc(config.url, config.tls));
  }
}
