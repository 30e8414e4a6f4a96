/** The server's metrics, under the names and labels of OpenVINO Model Server. */

import { Counter, exponentialBuckets, Gauge, Histogram, Registry } from "prom-client";

/** The protocol's own name of a call. */
export type Method =
  | "ModelInfer"
  | "ModelReady"
  | "ModelMetadata"
  | "Predict"
  | "GetModelMetadata"
  | "GetModelStatus";

/** The calls that run the model; only these are timed. */
const inferring: readonly Method[] = ["ModelInfer", "Predict"];
const ofTensorflow: readonly Method[] = ["Predict", "GetModelMetadata", "GetModelStatus"];

/** Microseconds, from 10 to two minutes. */
const buckets = exponentialBuckets(10, 2.5, 18);

const requestLabels = ["api", "interface", "method", "name", "version"] as const;
const timeLabels = ["interface", "name", "version"] as const;
const modelLabels = ["name", "version"] as const;

/** The counters of one model. */
export class ServerMetrics {
  readonly #registry = new Registry();
  readonly #model: { readonly name: string; readonly version: string };
  readonly #success = this.#counter("ovms_requests_success", "Requests that were answered.");
  readonly #fail = this.#counter("ovms_requests_fail", "Requests that were refused or failed.");
  readonly #current = new Gauge({
    name: "ovms_current_requests",
    help: "Requests that are being answered.",
    labelNames: modelLabels,
    registers: [this.#registry],
  });
  readonly #requestTime = new Histogram({
    name: "ovms_request_time_us",
    help: "Microseconds from an inference request to its answer.",
    ...{ labelNames: timeLabels, buckets, registers: [this.#registry] },
  });
  readonly #inferenceTime = new Histogram({
    name: "ovms_inference_time_us",
    help: "Microseconds of a run of the model, waiting for its turn included.",
    ...{ labelNames: modelLabels, buckets, registers: [this.#registry] },
  });

  constructor({ name, version }: { readonly name: string; readonly version: number }) {
    this.#model = { name, version: String(version) };
    this.#current.set(this.#model, 0);
  }

  /** Counts a request, and what becomes of it. */
  async watch<T>(
    face: "gRPC" | "REST",
    method: Method,
    answer: () => T | Promise<T>,
  ): Promise<T> {
    const api = ofTensorflow.includes(method) ? "TensorFlowServing" : "KServe";
    const labels = { api, interface: face, method, ...this.#model };
    const startedAtMs = performance.now();
    this.#current.inc(this.#model);
    try {
      const answered = await answer();
      this.#success.inc(labels);
      if (inferring.includes(method)) {
        const tookUs = (performance.now() - startedAtMs) * 1000;
        this.#requestTime.observe({ interface: face, ...this.#model }, tookUs);
      }
      return answered;
    } catch (error) {
      this.#fail.inc(labels);
      throw error;
    } finally {
      this.#current.dec(this.#model);
    }
  }

  /** The model ran. */
  inferred(tookMs: number): void {
    this.#inferenceTime.observe(this.#model, tookMs * 1000);
  }

  /** What Prometheus reads. */
  text(): Promise<string> {
    return this.#registry.metrics();
  }

  /** The type of that text. */
  get contentType(): string {
    return this.#registry.contentType;
  }

  #counter(name: string, help: string): Counter<typeof requestLabels[number]> {
    return new Counter({ name, help, labelNames: requestLabels, registers: [this.#registry] });
  }
}
