/** Descriptions of models for log lines and the live view, without credentials. */

import { basename } from "node:path";
import type { ModelServerConfig, OnnxConfig } from "./inference.ts";

/** Model and address, without what a URL may hold of credentials. */
export function describeServer({ url, modelName }: ModelServerConfig): string {
  const { protocol, host, pathname } = new URL(url);
  return `${modelName} at ${protocol}//${host}${pathname.replace(/\/$/, "")}`;
}

/** The file's name will do: viewers of the live view must not see the path. */
export function describeOnnx({ path }: OnnxConfig): string {
  return `${basename(path)} (ONNX, in this process)`;
}
