/** Model servers in log lines. */

import type { ModelServerConfig } from "../config/resolved.ts";

/** Model and address, without what a URL may hold of credentials. */
export function describeServer({ url, modelName }: ModelServerConfig): string {
  const { protocol, host, pathname } = new URL(url);
  return `${modelName} at ${protocol}//${host}${pathname.replace(/\/$/, "")}`;
}
