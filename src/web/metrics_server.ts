/** Metrics and probes on an address of their own, without the live view. */

import type { Logger } from "@logtape/logtape";
import { Hono } from "hono";
import type { StreamStatus } from "../stream/status.ts";
import { isLoopback, type MetricsConfig } from "./settings.ts";
import { localHostOnly } from "./auth/local_host_only.ts";
import { type Listener, openListener } from "./listener.ts";
import { addProbes } from "./probes.ts";
import { refuseOtherMethods } from "./refuse_other_methods.ts";

/** Prometheus and an orchestrator's probes need one or two each. */
const limits = { most: 32, mostPerAddress: 16, kept: 4 };

/**
 * Starts serving; port 0 is any free one.
 * @throws {Error} when the address cannot be listened on
 */
export async function startMetricsServer(
  { host, port }: MetricsConfig,
  statuses: () => readonly StreamStatus[],
  metrics: () => Promise<string>,
  logger: Logger,
): Promise<Listener> {
  const app = new Hono();
  if (isLoopback(host)) app.use(localHostOnly());
  addProbes(app, statuses, metrics);
  app.notFound((context) => context.text("Not found\n", 404));
  app.onError((_error, context) => context.text("Internal error\n", 500));
  refuseOtherMethods(app);
  const { fetch } = app;
  const listener = await openListener({
    host,
    port,
    setting: "metrics_port",
    fetch,
    limits,
    tls: null,
  });
  logger.info("Metrics at {url}metrics", { url: listener.url });
  return listener;
}
