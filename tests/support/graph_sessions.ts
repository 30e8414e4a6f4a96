/** Sessions with a server of graphs that does what a test says. */

import { getLogger } from "@logtape/logtape";
import { serverConfig } from "./server_config.ts";
import { type Http2Peer, type PeerRequest, withHttp2Peer } from "./with_http2_peer.ts";
import type { ModelMetadata } from "../../src/frame/model.ts";
import type { Tensors } from "../../src/frame/tensor.ts";
import { MessageReader } from "../../src/inference/transport/grpc_messages.ts";
import { frameFlag, frameType, makeFrame, uint32 } from "../../src/inference/http2/frame.ts";
import {
  type InferenceSession,
  type ModelServerConfig,
  noSessionCounts,
  type SessionOptions,
} from "../../src/inference/inference.ts";
import type { ModelInferResponse } from "../../src/inference/kserve/kserve_answer.ts";
import { KserveGrpc } from "../../src/inference/kserve/kserve_grpc.ts";
import { loadKserve } from "../../src/inference/transport/protos.ts";
import { ServerPool } from "../../src/inference/transport/server_pool.ts";
import { GraphSession } from "../../src/inference/kserve_stream/session.ts";

/** Both ways to ask a model, as the protocol has them. */
export const { ModelInfer, ModelStreamInfer } = await loadKserve();

/** What is asked. */
export const floats: Tensors = { x: { datatype: "FP32", shape: [2], data: Float32Array.of(1, 2) } };

/** What a server reads. */
export interface Request {
  readonly stream: number;
  readonly connection: number;
  readonly timestamp: number;
  readonly sidePackets: Readonly<Record<string, unknown>>;
}

/** What a server does with a request of a stream. */
export type Script = (peer: PeerRequest, request: Request) => void;

/** A server that reads requests to graphs, and does with each what the script says. */
export function serve(script: Script, settings: readonly (readonly [number, number])[] = []) {
  const readers = new Map<string, MessageReader>();
  const requests: Request[] = [];
  const peer = withHttp2Peer({
    settings,
    onData: (one, bytes) => {
      const key = `${one.connection}.${one.stream}`;
      const isNew = !readers.has(key);
      if (isNew) {
        readers.set(
          key,
          new MessageReader(1e6, (message) => {
            // deno-lint-ignore no-explicit-any -- as proto-loader gives it
            const decoded = ModelInfer!.requestDeserialize(new Uint8Array(message) as any) as any;
            const { OVMS_MP_TIMESTAMP: time, ...sidePackets } = decoded.parameters;
            const { stream, connection } = one;
            const request = {
              stream,
              connection,
              timestamp: Number(time.int64_param),
              sidePackets,
            };
            requests.push(request);
            script(one, request);
          }),
        );
      }
      // What was sent is let through, byte by byte where the window is one.
      for (const id of [0, one.stream]) {
        one.send(makeFrame(frameType.windowUpdate, frameFlag.none, id, uint32(bytes.byteLength)));
      }
      readers.get(key)!.add(bytes.slice());
    },
  });
  return { peer, requests };
}

/** The answer to the frame of a time; null = it is not named. */
export function answerTo(timestamp: number | null, outputs = ["y"], id = ""): Uint8Array {
  return new Uint8Array(ModelStreamInfer!.responseSerialize({
    infer_response: {
      id,
      parameters: timestamp === null
        ? {}
        : { OVMS_MP_TIMESTAMP: { int64_param: String(timestamp) } },
      outputs: outputs.map((name) => ({ name, datatype: "FP32", shape: [1] })),
      raw_output_contents: outputs.map(() => new Uint8Array(Float32Array.of(0.5).buffer)),
    },
  }));
}

/** An answer that is an error. */
export function errorOf(words: string): Uint8Array {
  return new Uint8Array(ModelStreamInfer!.responseSerialize({ error_message: words }));
}

/** A session with a server of which it is to be found out what it has. */
export async function open(
  { port }: Http2Peer,
  options: Partial<SessionOptions> = {},
  config: Partial<ModelServerConfig> = {},
) {
  const counts = noSessionCounts();
  const whole = serverConfig({ url: `grpc://127.0.0.1:${port}`, ...config });
  const backend = await KserveGrpc.open(whole, await new ServerPool().grpc(whole.url, whole.tls));
  const session = await backend.openSession({
    ...{ asked: true, outputs: ["y"], maxAgeMs: 60_000, logger: getLogger(["test"]), counts },
    ...options,
  });
  return {
    ...{ session, counts },
    async [Symbol.asyncDispose]() {
      await session[Symbol.asyncDispose]();
      await backend[Symbol.asyncDispose]();
    },
  };
}

/** A session with a model of which it is known what it is. */
export function sessionWith({ port }: Http2Peer, model: ModelMetadata, maxAgeMs = 60_000) {
  const config = serverConfig({ url: `grpc://127.0.0.1:${port}` });
  const target = { modelName: model.name, modelVersion: "" };
  const read = (bytes: Uint8Array) =>
    ModelInfer!.responseDeserialize(bytes as never) as ModelInferResponse;
  return new GraphSession(config, target, ModelStreamInfer!.path, read, model, {
    ...{ asked: true, outputs: null, maxAgeMs, logger: getLogger(["test"]) },
    counts: noSessionCounts(),
  });
}

const begun = new WeakSet<PeerRequest>();

/** Sends a message on a stream, which begins with the first. */
export function say(peer: PeerRequest, message: Uint8Array, frameBytes?: number): void {
  if (!begun.has(peer)) peer.begin();
  begun.add(peer);
  peer.message(message, frameBytes);
}

/** Asks for one frame. */
export function ask(session: InferenceSession, capturedAtMs: number, signal?: AbortSignal) {
  return session.infer(floats, capturedAtMs, signal);
}

/** Asks until it is answered: what ends a stream is waited out. */
export async function answered(session: InferenceSession, capturedAtMs: number) {
  while (true) {
    try {
      return await ask(session, capturedAtMs);
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}
