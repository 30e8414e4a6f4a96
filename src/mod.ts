/**
 * What the author of a plugin may import, and nothing else is public.
 *
 * A plugin is a file whose default export is a {@link UseCaseFactory}: a function that is given
 * options and a context, and returns a {@link UseCase}. This one counts what a detector found:
 *
 * ```ts
 * import * as helpers from "@sightline/sightline";
 * import type { UseCaseFactory } from "@sightline/sightline";
 *
 * const count: UseCaseFactory<{ threshold?: number }> = ({ threshold = 0.5 } = {}) => ({
 *   input: { fit: "letterbox" },
 *   postprocess(outputs) {
 *     const scores = outputs["scores"]?.data as Float32Array;
 *     return { data: { found: scores.filter((score) => score >= threshold).length } };
 *   },
 * });
 *
 * // Sightline calls the factory once a stream, and postprocess once a frame:
 * const useCase = await count({ threshold: 0.8 }, {
 *   stream: "door",
 *   model: { name: "detector", inputs: [], outputs: [] },
 *   helpers,
 *   pack: () => ({}),
 *   log: () => {},
 * });
 * const scores = Float32Array.of(0.9, 0.85, 0.3);
 * const analysis = await useCase.postprocess(
 *   { scores: { datatype: "FP32", shape: [3], data: scores } },
 *   {
 *     stream: "door",
 *     sequence: 0,
 *     ptsMs: 0,
 *     capturedAtMs: Date.now(),
 *     width: 320,
 *     height: 320,
 *     pixelFormat: "bgrp",
 *     contentRect: { x: 0, y: 0.22, width: 1, height: 0.56 },
 *   },
 * );
 * if (JSON.stringify(analysis) !== '{"data":{"found":2}}') throw new Error("it miscounts");
 * ```
 *
 * @module
 */

export type {
  Analysis,
  AnalysisEvent,
  Annotation,
  Box,
  Classification,
  Detection,
  SecondaryAnalysis,
} from "./frame/analysis.ts";
export type { Frame, FrameInfo, PixelFormat, Region } from "./frame/frame.ts";
export type { GraphStreamInfo, ModelMetadata, TensorSpec } from "./frame/model.ts";
export type { DataType, HalfFloats, Tensor, TensorData, Tensors } from "./frame/tensor.ts";
export type {
  Helpers,
  InputRequest,
  MaybePromise,
  Picture,
  UseCase,
  UseCaseContext,
  UseCaseFactory,
} from "./use_case/use_case.ts";

export * from "./helpers/mod.ts";
