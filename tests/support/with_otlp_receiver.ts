/** A collector of OpenTelemetry traces, as far as a test needs one. */

/** A span as it came over the wire, times in milliseconds of the Unix epoch. */
export interface ReceivedSpan {
  readonly traceId: string;
  readonly spanId: string;
  /** Empty for a root. */
  readonly parentSpanId: string;
  readonly name: string;
  readonly startMs: number;
  readonly endMs: number;
  readonly attributes: Readonly<Record<string, string | number>>;
  readonly events: readonly string[];
}

interface WireSpan {
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  name: string;
  startTimeUnixNano: string;
  endTimeUnixNano: string;
  attributes?: { key: string; value: Record<string, string | number> }[];
  events?: { name: string }[];
}

/** What one request of an exporter holds. */
interface TracesRequest {
  resourceSpans: { scopeSpans: { scope?: { name?: string }; spans: WireSpan[] }[] }[];
}

/** Runs `use` with the environment of a program that shall send its traces here. */
export async function withOtlpReceiver(
  use: (env: Record<string, string>, spans: readonly ReceivedSpan[]) => Promise<void>,
): Promise<void> {
  const spans: ReceivedSpan[] = [];
  await using server = Deno.serve({
    hostname: "127.0.0.1",
    port: 0,
    onListen() {},
    async handler(request) {
      const body = await request.json();
      if (new URL(request.url).pathname === "/v1/traces") spans.push(...read(body));
      return Response.json({});
    },
  });
  await use({
    OTEL_DENO: "true",
    OTEL_EXPORTER_OTLP_PROTOCOL: "http/json",
    OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${server.addr.port}`,
  }, spans);
}

/** Spans of Sightline's own; the runtime adds some for requests that it sees. */
function read({ resourceSpans }: TracesRequest): ReceivedSpan[] {
  return resourceSpans.flatMap(({ scopeSpans }) => scopeSpans)
    .filter(({ scope }) => scope?.name === "sightline")
    .flatMap(({ spans }) => spans).map((span) => ({
      traceId: span.traceId,
      spanId: span.spanId,
      parentSpanId: span.parentSpanId ?? "",
      name: span.name,
      startMs: Number(BigInt(span.startTimeUnixNano) / 1000n) / 1000,
      endMs: Number(BigInt(span.endTimeUnixNano) / 1000n) / 1000,
      attributes: Object.fromEntries(
        (span.attributes ?? []).map(({ key, value }) => {
          const [text] = Object.values(value);
          return [key, "intValue" in value || "doubleValue" in value ? Number(text) : text!];
        }),
      ),
      events: (span.events ?? []).map(({ name }) => name),
    }));
}
