/** A live view with its web server, as the app puts them together. */

import { getLogger } from "@logtape/logtape";
import { ProcessGuard } from "../../src/process_guard.ts";
import type { JournalEntry } from "../../src/stream/journal.ts";
import type { StreamState, StreamStatus } from "../../src/stream/status.ts";
import { StreamView } from "../../src/view/stream_view.ts";
import type { StreamViewOptions } from "../../src/view/view_options.ts";
import { startWeb, type WebOptions, type WebServer, type WebStream } from "../../src/web/server.ts";

export interface ViewFixture {
  readonly view: StreamView;
  readonly web: WebServer;
  /** What the stream says of itself; tests change it. */
  readonly status: { state: StreamState; detail: string | null; labels: Record<string, number> };
  /** What the stream's page tells of it; tests add to it. */
  readonly journal: JournalEntry[];
  /** Streams of the page; tests let them come and go. */
  readonly streams: WebStream[];
  url(path: string): URL;
}

/** What may differ from one view to the next. */
export interface ViewFixtureOptions extends
  Pick<StreamViewOptions, "draw" | "mustDraw">,
  Pick<
    WebOptions,
    | "access"
    | "sessionMs"
    | "tls"
    | "tlsFolder"
    | "basePath"
    | "trustedProxies"
    | "events"
    | "metrics"
  > {
  readonly logger?: StreamViewOptions["logger"];
  readonly patienceMs?: number;
}

/** Runs `use` with a stream named `door` and a server for it. */
export async function withView(
  use: (fixture: ViewFixture) => Promise<void>,
  {
    logger = getLogger(["test"]),
    patienceMs = 10_000,
    access = null,
    tls = null,
    tlsFolder = null,
    basePath = "/",
    trustedProxies = [],
    events,
    metrics,
    sessionMs,
    ...drawing
  }: ViewFixtureOptions = {},
): Promise<void> {
  await using guard = new ProcessGuard();
  await using view = new StreamView({ stream: "door", logger, guard, ...drawing });
  const status: ViewFixture["status"] = { state: "live", detail: null, labels: {} };
  const journal: JournalEntry[] = [];
  const stream = { view, journal: () => journal };
  const streams: WebStream[] = [{
    name: "door",
    ...stream,
    plugin: () => ({ failures: 0, restarts: 0, error: null }),
    maxFrameAgeMs: 1000,
    status: () => ({ ...figures(view), ...status }),
  }];
  await using web = await startWeb({
    host: "127.0.0.1",
    port: 0,
    streams: () => streams,
    access,
    tls,
    tlsFolder,
    basePath,
    trustedProxies,
    ...(events && { events }),
    ...(metrics && { metrics }),
    ...(sessionMs && { sessionMs }),
    logger,
    patienceMs,
  });
  await use({
    view,
    web,
    status,
    journal,
    streams,
    url: (path) => new URL(path, `http${tls === null ? "" : "s"}://127.0.0.1:${web.port}/`),
  });
}

function figures(view: StreamView): StreamStatus {
  const milliseconds = { p50: 12, p95: 20, p99: 34, max: 40 };
  return {
    name: "door",
    state: "live",
    detail: null,
    source: "rtsp://camera/door",
    use_case: "person_vehicle_bike",
    model: "grpc://models:9000/detector",
    frames: {
      received: 100,
      processed: 93,
      dropped: { queue_full: 4, too_old: 3, skipped: 0, no_answer: 0, error: 0 },
      in_flight: 0,
    },
    fps: 24.9,
    age_ms: milliseconds,
    inference_ms: milliseconds,
    reconnects: 2,
    viewers: view.viewers,
    labels: {},
  };
}
