/** All cameras of the process: streams of one camera share its decoder and its live view. */

import type { Logger } from "@logtape/logtape";
import type { StreamConfig } from "../stream/settings.ts";
import type { Analysis } from "../frame/analysis.ts";
import { joinTaps } from "../frame/camera_packet.ts";
import type { ChildOwner } from "../metrics/child_processes.ts";
import type { ChildGuard, ProcessGuard } from "../process_guard.ts";
import { type Lease, Shared } from "../shared.ts";
import { parseAddress } from "../source/address.ts";
import { AttemptGate } from "../source/attempt_gate.ts";
import { CameraClock } from "../source/clock/camera_clock.ts";
import { SharedDecode, type Subscription } from "../source/shared_decode.ts";
import type { DrawStream } from "../use_case/host.ts";
import type { MaybePromise, Picture } from "../use_case/use_case.ts";
import { CameraMedia } from "../media/camera_media.ts";
import type { EventMedia } from "../media/event_media.ts";
import type { CameraOutputs } from "../output/camera_outputs.ts";
import type { StreamView } from "../view/stream_view.ts";
import type { MetricsRegistry } from "../web/prometheus/metrics_registry.ts";
import { childName } from "../log/child_name.ts";

/** What a stream draws into the camera's picture. */
export interface Drawing {
  draw(picture: Picture, analysis: Analysis): MaybePromise<void>;
  /** Whether no picture may be shown without it. */
  mustDraw(): boolean;
}

/** A stream's share of a camera; disposing of it leaves the camera to the others. */
export interface CameraShare extends AsyncDisposable {
  readonly open: Subscription["open"];
  /** Says that it reads no more, so that those who do need not wait for it. */
  leave(): void;
  /** The camera's time, the same for all of its use cases. */
  readonly clock: CameraClock;
  /** One picture for all use cases of the camera; null when nothing is drawn. */
  readonly view: StreamView | null;
  /** Packets for pictures of events; null when they have none. */
  readonly media: CameraMedia | null;
  /** Where its pictures go; null when nowhere. */
  readonly outputs: CameraOutputs | null;
}

/** Settings of {@link Cameras}. */
export interface CamerasOptions {
  readonly logger: Logger;
  readonly guard: ProcessGuard;
  readonly metrics: MetricsRegistry;
  /** Whether anything is drawn. */
  readonly visible: boolean;
  /** Null when events have no pictures. */
  readonly media: EventMedia | null;
}

interface Camera {
  readonly decode: SharedDecode;
  readonly clock: CameraClock;
  readonly view: StreamView | null;
  readonly media: CameraMedia | null;
  readonly outputs: CameraOutputs | null;
  /** By stream. */
  readonly drawings: Map<string, Drawing>;
  /** Ends its being measured. */
  readonly measured: Disposable;
}

/** Opens cameras; streams come and go, and a camera ends with the last that uses it. */
export class Cameras {
  readonly #options: CamerasOptions;
  readonly #gate = new AttemptGate();
  readonly #cameras = new Shared<Camera>(async ({ decode, view, media, outputs, measured }) => {
    await decode[Symbol.asyncDispose]();
    await outputs?.[Symbol.asyncDispose]();
    await media?.[Symbol.asyncDispose]();
    await view?.[Symbol.asyncDispose]();
    measured[Symbol.dispose]();
  });

  constructor(options: CamerasOptions) {
    this.#options = options;
  }

  /** The camera of a stream, which may be in use already. `logger` is the stream's. */
  async join(config: StreamConfig, drawing: Drawing, logger: Logger): Promise<CameraShare> {
    // Loaded only when there is a live view: drawing brings a picture codec with it.
    const View = this.#options.visible ? (await import("../view/stream_view.ts")).StreamView : null;
    const { name, camera, source } = config;
    const Outputs = source.outputs.length > 0
      ? (await import("../output/camera_outputs.ts")).CameraOutputs
      : null;
    const cameraLogger = camera === name
      ? logger
      : this.#options.logger.getChild(childName(camera));
    const lease = this.#cameras.lease(
      // After a reload, streams with the old settings may still be there.
      JSON.stringify([camera, source]),
      () => this.#open(config, cameraLogger, View, Outputs),
    );
    return share(lease, config, drawing);
  }

  #open(
    { camera, source }: StreamConfig,
    logger: Logger,
    View: typeof StreamView | null,
    Outputs: typeof CameraOutputs | null,
  ): Camera {
    const { metrics } = this.#options;
    const drawings: Camera["drawings"] = new Map();
    const draw: DrawStream = (picture, analysis, stream) =>
      drawings.get(stream)?.draw(picture, analysis);
    const view = View && new View({
      stream: camera,
      logger: logger.getChild("visualizer"),
      guard: this.#guard(camera, "view"),
      memoryMb: source.ffmpegMemoryMb,
      draw,
      mustDraw: () => mustDraw(),
    });
    const mustDraw = () =>
      [...drawings.keys()].filter((stream) => drawings.get(stream)!.mustDraw());
    const media = this.#openMedia({ camera, source }, draw, mustDraw);
    const isFile = parseAddress(source.url).kind === "file";
    const outputs = Outputs && new Outputs(source.outputs, {
      camera,
      guard: this.#guard(camera, "output"),
      logger: logger.getChild("output"),
      memoryMb: source.ffmpegMemoryMb,
      hwaccel: source.hwaccel,
      isPaced: isFile,
      isComplete: isFile && source.fps === null,
      streams: () => [...drawings.keys()],
      draw,
      mustDraw,
    });
    const decode = new SharedDecode({
      camera,
      config: source,
      logger: logger.getChild("stream_reader"),
      guard: this.#guard(camera, "decode"),
      tap: joinTaps([view?.tap, media?.tap, outputs?.tap]),
      pictures: outputs?.pictures,
    }, this.#gate);
    return {
      decode,
      clock: new CameraClock(),
      view,
      media,
      outputs,
      drawings,
      measured: metrics.addCamera(camera, media, outputs),
    };
  }

  #openMedia(
    { camera, source }: Pick<StreamConfig, "camera" | "source">,
    draw: DrawStream,
    mustDraw: () => readonly string[],
  ): CameraMedia | null {
    const { media } = this.#options;
    if (media === null || source.ring.seconds === 0) return null;
    return new CameraMedia({
      ring: source.ring,
      guard: this.#guard(camera, "media"),
      memoryMb: source.ffmpegMemoryMb,
      folder: media.folder,
      queue: media.queue,
      clipQueue: media.clipQueue,
      draw,
      mustDraw,
    });
  }

  #guard(camera: string, work: ChildOwner["work"]): ChildGuard {
    const { guard, metrics } = this.#options;
    return metrics.children.guard(guard, { stream: camera, work });
  }
}

function share(
  lease: Lease<Camera>,
  { name: stream, secondary }: StreamConfig,
  drawing: Drawing,
): CameraShare {
  const { decode, clock, view, media, outputs, drawings } = lease.item;
  const subscription = decode.subscribe(stream, secondary !== null);
  drawings.set(stream, drawing);
  return {
    open: (format) => subscription.open(format),
    leave: () => subscription[Symbol.dispose](),
    clock,
    view,
    media,
    outputs,
    [Symbol.asyncDispose]: async () => {
      subscription[Symbol.dispose]();
      // Before what hides something in pictures is forgotten, the last user's camera ends.
      await lease[Symbol.asyncDispose]();
      // The stream that takes its place may be there already.
      if (drawings.get(stream) === drawing) {
        drawings.delete(stream);
        view?.forget(stream);
        outputs?.leave(stream);
      }
    },
  };
}
