/** Trial frames from a clip and a model: one request at a time, in order, as fast as possible. */

import type { Logger } from "@logtape/logtape";
import type { InferenceConfig } from "../inference/settings.ts";
import type { SourceConfig } from "../source/settings.ts";
import type { Frame, FrameFormat } from "../frame/frame.ts";
import type { ModelMetadata } from "../frame/model.ts";
import { openInference } from "../inference/open.ts";
import { SharedDecode } from "../source/shared_decode.ts";
import { ProcessGuard } from "../process_guard.ts";
import type { UseCaseHost } from "../use_case/host.ts";
import type { PluginCalls } from "./plugin_calls.ts";
import { type TrialFrame, trialStream } from "./trial_frame.ts";

/** A clip, and the model that looks at it. */
export interface ClipOptions {
  readonly source: SourceConfig;
  readonly inference: InferenceConfig;
  readonly logger: Logger;
  readonly signal: AbortSignal;
}

/** A clip with an open model. */
export class Clip implements AsyncDisposable {
  readonly model: ModelMetadata;
  readonly #options: ClipOptions;
  readonly #inference: ReturnType<typeof openInference>;

  private constructor(
    options: ClipOptions,
    inference: ReturnType<typeof openInference>,
    model: ModelMetadata,
  ) {
    this.#options = options;
    this.#inference = inference;
    this.model = model;
  }

  /** Asks for the model's metadata; throws the `InferenceError` of a model that has none. */
  static async open(options: ClipOptions): Promise<Clip> {
    await using owned = new AsyncDisposableStack();
    const inference = owned.use(openInference(options.inference, options.logger));
    const model = await inference.metadata({ signal: options.signal });
    owned.move();
    return new Clip(options, inference, model);
  }

  /** What the model answers to each frame of the clip. */
  async *frames(host: UseCaseHost, calls: PluginCalls): AsyncGenerator<TrialFrame> {
    const { signal } = this.#options;
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
    const { source: { fps, ...config }, logger, signal } = this.#options;
    await using guard = new ProcessGuard();
    // With a limit ffmpeg would play the file at its own pace, as a camera.
    await using decode = new SharedDecode({
      ...{ camera: trialStream, config: { ...config, fps: null }, logger, guard },
    });
    const source = decode.subscribe(trialStream).open(format);
    let sequence = 0;
    let lastTick = -Infinity;
    for await (const frame of source.frames(signal)) {
      const { ptsMs } = frame;
      // A little more, so that 40 ms are a whole tick at 25 frames a second.
      const tick = fps === null ? sequence : Math.floor(ptsMs * fps / 1000 + 1e-6);
      if (tick <= lastTick) continue;
      lastTick = tick;
      yield { ...frame, sequence: sequence++, capturedAtMs: ptsMs };
    }
  }
}
