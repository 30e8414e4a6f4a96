/** What every {@link Inference} must do: each implementation is one call to {@link testInference}. */

import { deepEqual, equal, ok, rejects } from "node:assert/strict";
import type { Tensor, Tensors } from "../../src/frame/tensor.ts";
import {
  type Inference,
  InferenceError,
  type InferenceReason,
} from "../../src/inference/inference.ts";

/** Settings that a test may want other than usual. */
export interface ConformanceOptions {
  /** @default {"conformance"} */
  readonly modelName?: string;
  /** @default {0} */
  readonly modelVersion?: number;
  /** @default {20000} */
  readonly timeoutMs?: number;
}

/** Where the model of `conformance_model.ts` is served, as version 1. */
export interface ConformanceBackend extends AsyncDisposable {
  open(options?: ConformanceOptions): Inference;
}

/** Settings of the suite. */
export interface ConformanceSuite {
  /** Why this backend cannot be tested here; null = it can. */
  readonly ignore?: string | null;
  /** Whether the backend knows models by version. @default {true} */
  readonly versions?: boolean;
}

type Case = (backend: ConformanceBackend) => Promise<void>;

/** Runs the suite on the backend that `start` brings up. */
export function testInference(
  name: string,
  start: () => Promise<ConformanceBackend>,
  { ignore = null, versions = true }: ConformanceSuite = {},
): void {
  const reason = ignore === null ? "" : ` (ignored: ${ignore})`;
  Deno.test({
    name: `${name} keeps the contract of Inference${reason}`,
    ignore: ignore !== null,
    fn: async (test) => {
      await using backend = await start();
      for (const [does, run] of Object.entries(versions ? { ...cases, ...versionCases } : cases)) {
        await test.step(does, () => run(backend));
      }
    },
  });
}

const cases: Readonly<Record<string, Case>> = {
  "metadata() gives names, datatypes and shapes": async (backend) => {
    await using inference = backend.open();
    const { name, inputs, outputs } = await inference.metadata();
    equal(name, "conformance");
    deepEqual(byName(inputs), {
      image: ["UINT8", [1, 4, 6, 3]],
      a: ["FP32", [-1, 3]],
      b: ["FP32", [-1, 3]],
      ids: ["INT64", [2]],
      half: ["FP16", [4]],
      flags: ["BOOL", [3]],
      load: ["FP32", [-1, -1]],
    });
    deepEqual(byName(outputs), {
      planes: ["UINT8", [1, 3, 4, 6]],
      sum: ["FP32", [-1, 3]],
      difference: ["FP32", [-1, 3]],
      ids_doubled: ["INT64", [2]],
      half_doubled: ["FP16", [4]],
      flags_not: ["BOOL", [3]],
      load_out: ["FP32", [-1, 1]],
    });
  },

  "ready() tells a model that serves from one that does not": async (backend) => {
    await using inference = backend.open();
    equal(await inference.ready(), true);
    await using absent = backend.open({ modelName: "absent" });
    equal(await absent.ready(), false);
  },

  "infer() carries every datatype and any number of tensors": async (backend) => {
    await using inference = backend.open();
    const outputs = await inference.infer(tensors());
    const planes = Uint8Array.from({ length: 72 }, (_, index) => index % 24 * 3 + ~~(index / 24));
    deepEqual(plain(outputs), {
      planes: { datatype: "UINT8", shape: [1, 3, 4, 6], data: planes },
      sum: { datatype: "FP32", shape: [1, 3], data: Float32Array.of(1.5, 2.5, 3.5) },
      difference: { datatype: "FP32", shape: [1, 3], data: Float32Array.of(0.5, 1.5, 2.5) },
      ids_doubled: { datatype: "INT64", shape: [2], data: BigInt64Array.of(-2n, 2n ** 61n) },
      half_doubled: { datatype: "FP16", shape: [4], data: Float16Array.of(1, -4, 0.25, 2048) },
      flags_not: { datatype: "BOOL", shape: [3], data: Uint8Array.of(0, 1, 0) },
      load_out: { datatype: "FP32", shape: [1, 1], data: Float32Array.of(1) },
    });
  },

  "infer() leaves the caller's data as they were": async (backend) => {
    await using inference = backend.open();
    const inputs = tensors();
    await inference.infer(inputs);
    deepEqual(inputs, tensors());
  },

  "infer() takes any extent where the model does": async (backend) => {
    await using inference = backend.open();
    // 2.4 MB each: with two in and two out, more than gRPC's usual 4 MB both ways.
    for (const rows of [2, 200_000]) {
      const a = floats(rows, (index) => index);
      const b = floats(rows, (index) => -index);
      const { sum, difference } = await inference.infer({ ...tensors(), a, b });
      deepEqual(sum?.shape, [rows, 3]);
      ok((sum?.data as Float32Array).every((value) => value === 0));
      equal((difference?.data as Float32Array).at(-1), 2 * (3 * rows - 1));
    }
  },

  "infer() keeps 16 requests in flight apart": async (backend) => {
    await using inference = backend.open();
    const answers = await Promise.all(Array.from({ length: 16 }, async (_, index) => {
      const { sum } = await inference.infer({ ...tensors(), a: floats(1, () => index) });
      return (sum?.data as Float32Array)[0];
    }));
    deepEqual(answers, Array.from({ length: 16 }, (_, index) => index + 0.5));
  },

  "infer() refuses inputs that the model does not take": async (backend) => {
    await using inference = backend.open();
    const { image, ...incomplete } = tensors();
    const half: Tensor = { datatype: "FP32", shape: [4], data: new Float32Array(4) };
    const short: Tensor = { datatype: "UINT8", shape: [1, 4, 6, 3], data: new Uint8Array(71) };
    const small: Tensor = { datatype: "UINT8", shape: [1, 4, 5, 3], data: new Uint8Array(60) };
    await fails("invalid_input", inference.infer({ image: small, ...incomplete }));
    await fails("invalid_input", inference.infer({ image: short, ...incomplete }));
    await fails("invalid_input", inference.infer({ image: image!, ...incomplete, half }));
    await fails("invalid_input", inference.infer(incomplete));
    ok(await inference.infer(tensors()), "the next request is served as ever");
  },

  "an unknown model is model_not_found": async (backend) => {
    await using inference = backend.open({ modelName: "absent" });
    await fails("model_not_found", inference.metadata());
    await fails("model_not_found", inference.infer(tensors()));
  },

  "infer() ends as cancelled when its signal aborts": async (backend) => {
    await using inference = backend.open();
    await fails("cancelled", inference.infer(tensors(), { signal: AbortSignal.abort() }));
    const controller = new AbortController();
    const slow = inference.infer(slowTensors(), { signal: controller.signal });
    // On its way by now, and far from done.
    const timer = setTimeout(() => controller.abort(), 50);
    await fails("cancelled", slow);
    clearTimeout(timer);
  },

  "infer() ends as timeout when time is up": async (backend) => {
    await using inference = backend.open({ timeoutMs: 50 });
    await fails("timeout", inference.infer(slowTensors()));
    await using patient = backend.open();
    ok(await patient.infer(tensors()), "the next request is served as ever");
  },

  "infer() leaves the thread it is called on free": async (backend) => {
    await using inference = backend.open();
    const began = performance.now();
    let ticks = 0;
    const timer = setInterval(() => ticks++, 10);
    await inference.infer(slowTensors());
    clearInterval(timer);
    const expected = (performance.now() - began) / 10;
    ok(ticks > expected / 4, `the timer fired ${ticks} times of ${expected}`);
  },

  "a closed backend refuses requests": async (backend) => {
    const inference = backend.open();
    await inference.infer(tensors());
    await inference[Symbol.asyncDispose]();
    await fails("cancelled", inference.infer(tensors()));
    equal(await inference.ready(), false);
  },
};

const versionCases: Readonly<Record<string, Case>> = {
  "an unknown version is model_not_found, and the hint names --model_version": async (backend) => {
    await using inference = backend.open({ modelVersion: 7 });
    const { hint } = await fails("model_not_found", inference.infer(tensors()));
    ok(hint.includes("--model_version"), hint);
  },

  "a known version serves, and metadata() tells which": async (backend) => {
    await using inference = backend.open({ modelVersion: 1 });
    equal((await inference.metadata()).version, "1");
    ok(await inference.infer(tensors()));
  },
};

function tensors(): Tensors {
  const pixels = Uint8Array.from({ length: 72 }, (_, index) => index);
  return {
    image: { datatype: "UINT8", shape: [1, 4, 6, 3], data: pixels },
    a: floats(1, (index) => index + 1),
    b: floats(1, () => 0.5),
    ids: { datatype: "INT64", shape: [2], data: BigInt64Array.of(-1n, 2n ** 60n) },
    half: { datatype: "FP16", shape: [4], data: Float16Array.of(0.5, -2, 0.125, 1024) },
    flags: { datatype: "BOOL", shape: [3], data: Uint8Array.of(1, 0, 1) },
    load: { datatype: "FP32", shape: [1, 1], data: Float32Array.of(1) },
  };
}

/** Keeps the model busy for several hundred milliseconds. */
function slowTensors(): Tensors {
  const extent = 1024;
  const data = new Float32Array(extent * extent).fill(1 / extent);
  return { ...tensors(), load: { datatype: "FP32", shape: [extent, extent], data } };
}

function floats(rows: number, value: (index: number) => number): Tensor {
  const data = Float32Array.from({ length: rows * 3 }, (_, index) => value(index));
  return { datatype: "FP32", shape: [rows, 3], data };
}

function byName(specs: readonly { name: string; datatype: string; shape: readonly number[] }[]) {
  return Object.fromEntries(specs.map(({ name, datatype, shape }) => [name, [datatype, shape]]));
}

function plain(outputs: Tensors): Tensors {
  return Object.fromEntries(
    Object.entries(outputs).map(([name, { datatype, shape, data }]) => [
      name,
      { datatype, shape: [...shape], data },
    ]),
  );
}

async function fails(reason: InferenceReason, result: Promise<unknown>): Promise<InferenceError> {
  let failure: InferenceError | undefined;
  await rejects(result, (error) => {
    ok(error instanceof InferenceError, String(error));
    equal(error.reason, reason, `${error.reason}: ${error.message}`);
    failure = error;
    return true;
  });
  return failure!;
}
