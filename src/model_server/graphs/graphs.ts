/** Every graph that is served: made for one stream, or taken from a pool that keeps its state. */

import type { Tensor, Tensors } from "../../frame/tensor.ts";
import type { Servable } from "../servable.ts";
import { ServerError } from "../server_error.ts";
import type { GraphKind, GraphRun, SidePackets } from "./graph.ts";
import { graphKinds } from "./kinds.ts";
import { type GraphRequest, packetsOf, sidePacketsOf, timestampOf } from "./packets.ts";

/** One packet that a graph sends. */
export interface OutputPacket {
  readonly output: string;
  readonly timestamp: bigint;
  readonly tensor: Tensor;
}

/** A graph with its clock. */
interface Instance {
  run: GraphRun;
  /** The lowest timestamp that may come. */
  next: bigint;
}

/** A graph by its name. */
export class Graph {
  readonly name: string;
  readonly inputs: ReturnType<GraphKind["inputs"]>;
  readonly outputs: readonly string[];
  readonly #kind: GraphKind;
  readonly #servable: Servable;
  /** The one instance of a pool, and whether it is in use; null = each stream has its own. */
  readonly #pool: { readonly instance: Instance; users: Promise<void> } | null;

  constructor(kind: GraphKind, servable: Servable, isPooled: boolean) {
    this.name = isPooled ? `${kind.name}_pooled` : kind.name;
    this.#kind = kind;
    this.#servable = servable;
    this.inputs = kind.inputs(servable);
    this.outputs = kind.outputs(servable);
    this.#pool = isPooled ? { instance: this.#start(new Map()), users: Promise.resolve() } : null;
  }

  /**
   * An instance for one stream, once a pool has one to give.
   * @throws {ServerError} for side packets that a pool does not take
   */
  async open(first: GraphRequest): Promise<GraphUse> {
    const sidePackets = sidePacketsOf(first);
    if (this.#pool === null) return new GraphUse(this, this.#start(sidePackets), () => {});
    if (sidePackets.size > 0) {
      const words = "Input side packets are not supported for graphs with queue enabled";
      throw new ServerError("graph_initialization", words);
    }
    const pool = this.#pool;
    const { promise, resolve } = Promise.withResolvers<void>();
    const before = pool.users;
    pool.users = before.then(() => promise);
    await before;
    return new GraphUse(this, pool.instance, (failed) => {
      // One that failed is made anew, so that the next stream does not find it broken.
      if (failed) Object.assign(pool.instance, this.#start(new Map()));
      resolve();
    });
  }

  #start(sidePackets: SidePackets): Instance {
    return { run: this.#kind.start(this.#servable, sidePackets), next: -(2n ** 63n) };
  }
}

/** A stream's use of a graph. */
export class GraphUse {
  readonly #graph: Graph;
  readonly #instance: Instance;
  readonly #end: (failed: boolean) => void;
  #failed = false;

  /** `end` is called once, with whether the graph has failed. */
  constructor(graph: Graph, instance: Instance, end: (failed: boolean) => void) {
    this.#graph = graph;
    this.#instance = instance;
    this.#end = end;
  }

  /**
   * Puts a request's packets into the graph; resolves when it has done its work on them.
   * @throws {ServerError} for a request that is refused: `isOver` tells whether the graph has failed
   */
  async push(
    request: GraphRequest,
    send: (packet: OutputPacket) => Promise<void>,
  ): Promise<void> {
    const timestamp = timestampOf(request);
    const inputs = packetsOf(this.#graph.inputs, request);
    const [first] = Object.keys(inputs);
    const { run, next } = this.#instance;
    if (first !== undefined && timestamp < next) {
      this.#failed = true;
      throw new ServerError("graph_execution", mismatch(first, next, timestamp));
    }
    this.#instance.next = timestamp + 1n;
    if (!this.#graph.inputs.every(({ name }) => Object.hasOwn(inputs, name))) return;
    await this.#process(run, inputs, (output, tensor) => send({ output, timestamp, tensor }));
  }

  /** Whether the graph has failed, and takes nothing more. */
  get isOver(): boolean {
    return this.#failed;
  }

  [Symbol.dispose](): void {
    this.#end(this.#failed);
  }

  async #process(
    run: GraphRun,
    inputs: Tensors,
    emit: (output: string, tensor: Tensor) => Promise<void>,
  ): Promise<void> {
    try {
      await run.process(inputs, emit);
    } catch (error) {
      this.#failed = true;
      const words = `${error instanceof ServerError ? "INVALID_ARGUMENT" : "INTERNAL"}: ` +
        `Calculator::Process() for node failed: ${(error as Error).message}`;
      throw new ServerError("graph_execution", words, { cause: error });
    }
  }
}

/** Every graph over the served model, by name. */
export function graphsOf(servable: Servable): ReadonlyMap<string, Graph> {
  const all = graphKinds.flatMap((kind) =>
    [false, true].map((isPooled) => new Graph(kind, servable, isPooled))
  );
  return new Map(all.map((graph) => [graph.name, graph]));
}

/** MediaPipe's words for a clock that does not go on. */
function mismatch(input: string, next: bigint, timestamp: bigint): string {
  return `INVALID_ARGUMENT: Graph has errors: \nPacket timestamp mismatch on a calculator ` +
    `receiving from stream "${input}". Current minimum expected timestamp is ${next} but received ` +
    `${timestamp}. Are you using a custom InputStreamHandler? Note that some InputStreamHandlers ` +
    "allow timestamps that are not strictly monotonically increasing. See for example the " +
    "ImmediateInputStreamHandler class comment.";
}
