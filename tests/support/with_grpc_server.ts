/** A gRPC server in this process whose answers a test makes up. */

import {
  type sendUnaryData,
  Server,
  ServerCredentials,
  type ServerOptions,
  type ServerUnaryCall,
  type ServiceDefinition,
} from "@grpc/grpc-js";

/** Answers one call: returns the response, or throws a status with `code` and `details`. */
// deno-lint-ignore no-explicit-any -- each test knows the messages it deals with
export type Answer = (request: any, call: ServerUnaryCall<any, any>) => unknown;

/** What to serve, and how. */
export interface GrpcServerOptions {
  /** Calls without an answer are UNIMPLEMENTED. */
  readonly services: readonly (readonly [ServiceDefinition, Readonly<Record<string, Answer>>])[];
  /** @default {0} */
  readonly port?: number;
  /** @default {no TLS} */
  readonly credentials?: ServerCredentials;
  readonly options?: ServerOptions;
}

/** Starts the server; disposing ends it, and breaks off what is under way. */
export async function withGrpcServer(
  { services, port = 0, credentials = ServerCredentials.createInsecure(), options = {} }:
    GrpcServerOptions,
): Promise<Disposable & { readonly port: number }> {
  const server = new Server(options);
  for (const [definition, answers] of services) {
    const handlers = Object.entries(answers).map(([name, answer]) => [name, toHandler(answer)]);
    server.addService(definition, Object.fromEntries(handlers));
  }
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  server.bindAsync(`127.0.0.1:${port}`, credentials, (error, bound) => {
    if (error) reject(error);
    else resolve(bound);
  });
  return { port: await promise, [Symbol.dispose]: () => server.forceShutdown() };
}

function toHandler(answer: Answer) {
  return async function handle(
    call: ServerUnaryCall<unknown, unknown>,
    callback: sendUnaryData<unknown>,
  ) {
    try {
      callback(null, await answer(call.request, call));
    } catch (error) {
      callback(error as Error);
    }
  };
}
