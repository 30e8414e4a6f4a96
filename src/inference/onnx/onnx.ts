/** An ONNX file, run in this process by onnxruntime. */

import type { ModelMetadata, TensorSpec } from "../../frame/model.ts";
import type { Tensors } from "../../frame/tensor.ts";
import { describeOnnx } from "../describe_model.ts";
import { toldBy } from "../class_names.ts";
import {
  type Inference,
  InferenceError,
  type InferOptions,
  type OnnxConfig,
} from "../inference.ts";
import { MemoryPool } from "../../frame/memory_pool.ts";
import type { FromWorker, ToWorker, WireTensor } from "./onnx_messages.ts";
import { readOnnxProperties } from "./onnx_properties.ts";
import { decodeTensor, encodeTensor } from "../tensor_codec.ts";

// Two, so that the worker has the next request at hand when it finishes one.
const requestsInWorker = 2;

/** Buffers kept beside those of the requests in the worker: a model may have several inputs. */
const spareInputs = 4;

interface Job {
  readonly id: number;
  readonly inputs: Tensors;
  readonly resolve: (outputs: Tensors) => void;
  readonly reject: (error: InferenceError) => void;
}

/** A model in a worker of its own. */
export class Onnx implements Inference {
  readonly description: string;
  readonly #timeoutMs: number;
  readonly #metadata: ModelMetadata;
  readonly #worker: Worker;
  /** Requests that the worker has not been given yet, oldest first. */
  readonly #waiting = new Set<Job>();
  /** Requests that the worker has. */
  readonly #running = new Map<number, Job>();
  readonly #memory = new MemoryPool(requestsInWorker + spareInputs);
  #requests = 0;
  #closed = false;

  private constructor(config: OnnxConfig, worker: Worker, metadata: ModelMetadata) {
    this.description = describeOnnx(config);
    this.#timeoutMs = config.timeoutMs;
    this.#metadata = metadata;
    this.#worker = worker;
    worker.onmessage = ({ data }: MessageEvent<FromWorker>) => this.#receive(data);
  }

  /** @throws {InferenceError} when the file is missing or no model that onnxruntime can run */
  static async open(config: OnnxConfig): Promise<Onnx> {
    const properties = await readProperties(config.path);
    const worker = new Worker(new URL("./onnx_worker.ts", import.meta.url), { type: "module" });
    try {
      const { inputs, outputs } = await load(worker, config.path);
      const name = config.path.replace(/^.*[/\\]/, "").replace(/\.onnx$/i, "");
      return new Onnx(config, worker, { name, inputs, outputs, ...toldBy(properties) });
    } catch (error) {
      worker.terminate();
      throw error;
    }
  }

  metadata(): Promise<ModelMetadata> {
    return Promise.resolve(this.#metadata);
  }

  ready(): Promise<boolean> {
    return Promise.resolve(!this.#closed);
  }

  async infer(inputs: Tensors, { signal }: InferOptions = {}): Promise<Tensors> {
    if (signal?.aborted) throw cancelled(signal.reason);
    if (this.#closed) throw cancelled("the model was closed");
    checkInputs(this.#metadata.inputs, inputs);
    const { promise, resolve, reject } = Promise.withResolvers<Tensors>();
    const job: Job = { id: this.#requests++, inputs, resolve, reject };
    const onAbort = () => this.#giveUp(job, cancelled(signal?.reason));
    const timer = setTimeout(() => this.#giveUp(job, this.#timedOut()), this.#timeoutMs);
    signal?.addEventListener("abort", onAbort, { once: true });
    this.#waiting.add(job);
    this.#dispatch();
    try {
      return await promise;
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener("abort", onAbort);
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    this.#worker.terminate();
    for (const job of [...this.#waiting, ...this.#running.values()]) {
      job.reject(cancelled("the model was closed"));
    }
    return Promise.resolve();
  }

  #dispatch(): void {
    for (const job of this.#waiting) {
      if (this.#running.size >= requestsInWorker) return;
      this.#waiting.delete(job);
      try {
        const inputs = toWire(job.inputs, this.#memory);
        post(this.#worker, { type: "run", id: job.id, inputs }, inputs);
        this.#running.set(job.id, job);
      } catch (error) {
        job.reject(error as InferenceError);
      }
    }
  }

  #receive(message: FromWorker): void {
    if (message.type === "loaded" || message.id === null) return;
    const job = this.#running.get(message.id);
    this.#running.delete(message.id);
    for (const buffer of message.memory) this.#memory.give(buffer);
    if (message.type === "done") job?.resolve(fromWire(message.outputs));
    else job?.reject(refused(message.message));
    this.#dispatch();
  }

  // What the worker has begun cannot be stopped; its answer is then dropped.
  #giveUp(job: Job, error: InferenceError): void {
    this.#waiting.delete(job);
    job.reject(error);
  }

  #timedOut(): InferenceError {
    return new InferenceError(
      "timeout",
      `Cannot finish the request: ${this.description} took longer than ${this.#timeoutMs} ms`,
      "Raise --inference_timeout_ms, or give the model less to do (--fps, --inference_executors).",
    );
  }
}

async function readProperties(path: string): Promise<Readonly<Record<string, string>>> {
  try {
    return await readOnnxProperties(path);
  } catch (cause) {
    const state = cause instanceof Deno.errors.NotFound ? "no such file" : (cause as Error).message;
    throw new InferenceError(
      "model_not_found",
      `Cannot read model ${path}: ${state}`,
      "Check --model_path.",
      { cause },
    );
  }
}

async function load(
  worker: Worker,
  path: string,
): Promise<FromWorker & { type: "loaded" }> {
  const { promise, resolve, reject } = Promise.withResolvers<FromWorker>();
  worker.onmessage = ({ data }: MessageEvent<FromWorker>) => resolve(data);
  worker.onerror = (event) => {
    event.preventDefault();
    reject(unusable(path, event.message));
  };
  post(worker, { type: "load", path, threads: threadsForModel() }, []);
  const answer = await promise;
  if (answer.type === "loaded") return answer;
  throw unusable(path, answer.type === "failed" ? answer.message : "the worker does not answer");
}

// Half of the cores at most, since ffmpeg's decoders want theirs; and more than four seldom make
// one frame faster.
function threadsForModel(): number {
  return Math.max(1, Math.min(4, Math.floor(navigator.hardwareConcurrency / 2)));
}

function checkInputs(specs: readonly TensorSpec[], inputs: Tensors): void {
  for (const { name, datatype, shape } of specs) {
    const input = inputs[name];
    if (input === undefined) throw wrongInput(`input ${name} is missing`);
    const fits = input.shape.length === shape.length &&
      shape.every((extent, index) => extent === -1 || extent === input.shape[index]);
    if (input.datatype !== datatype || !fits) {
      const given = `${input.datatype} [${input.shape.join()}]`;
      throw wrongInput(`input ${name} is ${given}, the model takes ${datatype} [${shape.join()}]`);
    }
  }
  for (const name of Object.keys(inputs)) {
    if (!specs.some((spec) => spec.name === name)) throw wrongInput(`it has no input ${name}`);
  }
}

function toWire(inputs: Tensors, memory: MemoryPool): WireTensor[] {
  return Object.entries(inputs).map(([name, tensor]) => {
    // A copy, since what is transferred is lost to the sender and a frame may be shared.
    const encoded = encodeTensor(name, tensor);
    const bytes = memory.take(encoded.byteLength);
    bytes.set(encoded);
    return { name, datatype: tensor.datatype, shape: tensor.shape, bytes };
  });
}

function fromWire(outputs: readonly WireTensor[]): Tensors {
  return Object.fromEntries(
    outputs.map(({ name, datatype, shape, bytes }) => [
      name,
      decodeTensor(name, datatype, shape, bytes),
    ]),
  );
}

function post(
  worker: Worker,
  message: ToWorker,
  transfer: readonly { readonly bytes: Uint8Array<ArrayBuffer> }[],
): void {
  worker.postMessage(message, transfer.map(({ bytes }) => bytes.buffer));
}

function wrongInput(problem: string): InferenceError {
  return new InferenceError(
    "invalid_input",
    `Cannot run the model: ${problem}`,
    "The model wants other inputs: check its metadata and the use case's input.",
  );
}

function refused(words: string): InferenceError {
  return new InferenceError("server_error", `Cannot run the model: ${words}`, "");
}

function unusable(path: string, words: string): InferenceError {
  return new InferenceError(
    "unsupported",
    `Cannot load model ${path}: ${words}`,
    "Check that --model_path is an ONNX file with an opset that onnxruntime reads.",
  );
}

function cancelled(cause: unknown): InferenceError {
  return new InferenceError("cancelled", "Cannot finish the request: it was cancelled", "", {
    cause,
  });
}
