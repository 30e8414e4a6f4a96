/** Every protocol of model servers. */

import type { Logger } from "@logtape/logtape";
import type { Needs } from "../settings/needs.ts";
import type { Inference, ModelServerConfig } from "./inference.ts";
import type { ServerPool } from "./transport/server_pool.ts";

/** A protocol: how it is named, how it opens, and what it touches beside the server itself. */
export interface Protocol {
  /** What the setting `api` calls it. */
  readonly api: string;
  /** What its URLs begin with. */
  readonly schemes: readonly string[];
  /** Its modules are loaded here, so that only those pay for them who ask such a server. */
  open(config: ModelServerConfig, servers: ServerPool, logger: Logger): Promise<Inference>;
  /** Adds the permissions that it takes. */
  needs?(needs: Needs): void;
}

const grpc = {
  schemes: ["grpc", "grpcs"],
  needs: (needs: Needs) => needs.readFile(new URL("protos/", needs.root).href),
};

/** Of two that have a scheme, the first is asked first. */
export const protocols = [
  {
    api: "kserve",
    ...grpc,
    async open(config, servers) {
      const { KserveGrpc } = await import("./kserve/kserve_grpc.ts");
      return await KserveGrpc.open(config, await servers.grpc(config.url, config.tls));
    },
  },
  {
    api: "tfs",
    ...grpc,
    async open(config, servers) {
      const { TfsGrpc } = await import("./tfs/tfs_grpc.ts");
      return await TfsGrpc.open(config, await servers.grpc(config.url, config.tls));
    },
  },
  {
    api: "kserve_stream",
    ...grpc,
    async open(config, servers, logger) {
      const { KserveStream } = await import("./kserve_stream/kserve_stream.ts");
      return await KserveStream.open(config, await servers.grpc(config.url, config.tls), logger);
    },
  },
  {
    api: "kserve",
    schemes: ["http", "https"],
    async open(config, servers, logger) {
      const { KserveRest } = await import("./kserve/kserve_rest.ts");
      return await KserveRest.open(config, servers, logger);
    },
  },
] as const satisfies readonly Protocol[];

/** Those that a server at this URL may speak. */
export function protocolsOf(url: string): readonly Protocol[] {
  const [scheme = ""] = url.split(":", 1);
  const all: readonly Protocol[] = protocols;
  return all.filter(({ schemes }) => schemes.includes(scheme.toLowerCase()));
}
