/** Trial frames from a clip and a model: one request at a time, in order, as fast as possible. */

import type { Logger } from "@logtape/logtape";
import type { InferenceConfig } from "../inference/inference.ts";
import type { SourceConfig } from "../source/settings.ts";
import type { Frame, FrameFormat } from "../frame/frame.ts";
import type { ModelMetadata } from "../frame/model.ts";
import { openInference } from "../inference/open.ts";
import { SharedDecode } from "../source/shared_decode.ts";
import { ProcessGuard } from "../process_guard.ts";
import type { UseCaseHost } from "../use_case/host.ts";
import type { PluginCalls } from "./plugin_calls.ts";
import { type TrialFrame, trialStream } from "./trial_frame.ts";

/** A clip with an open model. */
export class Clip implements AsyncDisposable {
  readonly model: ModelMetadata;
  readonly #source: SourceConfig;
  readonly #inference: ReturnType<typeof openInference>;
  readonly #logger: Logger;
  readonly #signal: AbortSignal;

  private constructor(
    source: SourceConfig,
    inference: ReturnType<typeof openInference>,
    model: ModelMetadata,
    logger: Logger,
    signal: AbortSignal,
  ) {
    this.#source = source;
    this.#inference = inference;
    this.model = model;
    this.#logger = logger;
    this.#signal = signal;
  }

  /** Asks for the model's metadata; throws the `InferenceError` of a model that has none. */
  static async open(
    source: SourceConfig,
    config: InferenceConfig,
    logger: Logger,
    signal: AbortSignal,
  ): Promise<Clip> {
    await using owned = new AsyncDisposableStack();
    const inference = owned.use(openInference(config, logger));
    const model = await inference.metadata({ signal });
    owned.move();
    return new Clip(source, inference, model, logger, signal);
  }

  /** What the model answers to each frame of the clip. */
  async *frames(host: UseCaseHost, calls: PluginCalls): AsyncGenerator<TrialFrame> {
    const signal = this.#signal;
    for await (const frame of this.#frames(host.format)) {
      const { data: _pixels, release: _release, ...info } = frame;
      const inputs = await calls.call(info, () => host.preprocess(frame));
      const outputs = inputs && await this.#inference.infer(inputs, { signal });
      yield { frame: info, outputs };
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#inference[Symbol.asyncDispose]();
  }

  /** The clip's frames, with a wall clock that shows the same in every run. */
  async *#frames(format: FrameFormat): AsyncGenerator<Frame> {
    const { fps, ...config } = this.#source;
    await using guard = new ProcessGuard();
    // With a limit ffmpeg would play the file at its own pace, as a camera.
    await using decode = new SharedDecode({
      ...{ camera: trialStream, config: { ...config, fps: null }, logger: this.#logger, guard },
    });
    const source = decode.subscribe(trialStream).open(format);
    let sequence = 0;
    let lastTick = -Infinity;
    for await (const frame of source.frames(this.#signal)) {
      const { ptsMs } = frame;
      // A little more, so that 40 ms are a whole tick at 25 frames a second.
      const tick = fps === null ? sequence : Math.floor(ptsMs * fps / 1000 + 1e-6);
      if (tick <= lastTick) continue;
      lastTick = tick;
      yield { ...frame, sequence: sequence++, capturedAtMs: ptsMs };
    }
  }
}
