/** Raw gRPC calls to the model server, without any client of ours in between. */

import { Client, credentials, type ServiceDefinition, type ServiceError } from "@grpc/grpc-js";
import assert from "node:assert/strict";
import { withModelFile } from "./support/with_model_file.ts";
import { encodeOnnx, type OnnxModel } from "./support/onnx_model.ts";

/** Answers as proto-loader decodes them. */
// deno-lint-ignore no-explicit-any -- messages of any service, looked into field by field
export type Answer = any;

/** Calls methods of one service by name; disposing of it closes the connection. */
export interface Caller {
  call(method: string, request: object): Promise<Answer>;
  /** Opens a call in which both sides send messages. */
  talk(method: string): Talk;
  /** Asserts that the call is refused with this status code and these words. */
  refused(method: string, request: object, code: number, details: string): Promise<void>;
  [Symbol.dispose](): void;
}

/** A call in which both sides send messages. */
export interface Talk {
  send(request: object): void;
  /** The next message of the server. */
  next(): Promise<Answer>;
  /** Sends no more. */
  end(): void;
  /** How the server ended it: its code and words. */
  readonly status: Promise<readonly [code: number, details: string]>;
}

/** Connects to a port of this machine. */
export function connect(port: number, service: ServiceDefinition): Caller {
  const client = new Client(`127.0.0.1:${port}`, credentials.createInsecure(), {
    "grpc.max_receive_message_length": -1,
    "grpc.initial_reconnect_backoff_ms": 50,
    "grpc.max_reconnect_backoff_ms": 200,
    "grpc.use_local_subchannel_pool": 1,
  });

  function call(method: string, request: object): Promise<Answer> {
    const { path, requestSerialize, responseDeserialize } = service[method]!;
    const { promise, resolve, reject } = Promise.withResolvers<Answer>();
    const deadline = Date.now() + 20_000;
    client.makeUnaryRequest(
      path,
      requestSerialize,
      responseDeserialize,
      request,
      { deadline },
      (error, answer) => error ? reject(error) : resolve(answer),
    );
    return promise;
  }

  function talk(method: string): Talk {
    const { path, requestSerialize, responseDeserialize } = service[method]!;
    const call = client.makeBidiStreamRequest(path, requestSerialize, responseDeserialize, {
      deadline: Date.now() + 20_000,
    });
    const answers: Answer[] = [];
    let changed = Promise.withResolvers<void>();
    const ended = Promise.withResolvers<readonly [number, string]>();
    let isOver = false;
    call.on("data", (answer) => {
      answers.push(answer);
      changed.resolve();
    });
    // It is told by the status as well.
    call.on("error", () => {});
    call.on("status", ({ code, details }) => {
      isOver = true;
      changed.resolve();
      ended.resolve([code, details]);
    });
    return {
      send: (request) => void call.write(request),
      async next() {
        while (answers.length === 0) {
          if (isOver) throw new Error(`Cannot read an answer: ${await ended.promise}`);
          changed = Promise.withResolvers();
          await changed.promise;
        }
        return answers.shift();
      },
      end: () => call.end(),
      status: ended.promise,
    };
  }

  return {
    call,
    talk,
    async refused(method, request, code, details) {
      await assert.rejects(call(method, request), (error: ServiceError) => {
        assert.deepEqual([error.code, error.details], [code, details]);
        return true;
      });
    },
    [Symbol.dispose]: () => client.close(),
  };
}

/** An ONNX file for as long as it is needed. */
export function writeModel(model: OnnxModel): Promise<AsyncDisposable & { readonly path: string }> {
  return withModelFile("model", encodeOnnx(model));
}

/** A model that answers its one picture unchanged: [1, 3, 4, 6] of float32 (NCHW). */
export const pictureModel = {
  inputs: { image: ["FP32", [1, 3, 4, 6]] },
  outputs: { pixels: ["FP32", [1, 3, 4, 6]] },
  nodes: [{ op: "Identity", inputs: ["image"], outputs: ["pixels"] }],
} satisfies OnnxModel;

/** The bytes of float32 numbers. */
export function floats(...numbers: number[]): Uint8Array {
  return new Uint8Array(Float32Array.from(numbers).buffer);
}

/** The float32 numbers of some bytes. */
export function toFloats(bytes: Uint8Array): number[] {
  return [...new Float32Array(Uint8Array.from(bytes).buffer)];
}
