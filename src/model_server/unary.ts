/** gRPC's callbacks, kept in one place. */

import { type handleUnaryCall, status } from "@grpc/grpc-js";
import { ServerError } from "./server_error.ts";

/** A unary gRPC handler made of a function that answers or throws. */
export function unary<Request>(
  handle: (request: Request) => object | Promise<object>,
): handleUnaryCall<Request, object> {
  return async function answer(call, callback) {
    try {
      callback(null, await handle(call.request));
    } catch (error) {
      callback(
        error instanceof ServerError ? error.grpcStatus : {
          code: status.UNKNOWN,
          details: `Unknown error: ${(error as Error).message}`,
        },
      );
    }
  };
}
