/** Model servers over gRPC. */

import type { Logger } from "@logtape/logtape";
import type { ModelServerConfig } from "../config/resolved.ts";
import { GrpcChannel } from "./grpc_channel.ts";
import type { Inference } from "./inference.ts";
import { KserveGrpc } from "./kserve_grpc.ts";

/** @throws {InferenceError} when a TLS file cannot be read */
export async function openGrpc(config: ModelServerConfig, _logger: Logger): Promise<Inference> {
  const channel = await GrpcChannel.open(config.url, config.tls);
  return await KserveGrpc.open(config, channel);
}
