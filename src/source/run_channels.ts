/** The sockets and pipes between one ffmpeg and us: frames, lines, motion, packets. */

import { dirname } from "node:path";
import type { Logger } from "@logtape/logtape";
import type { SourceConfig } from "./settings.ts";
import type { PacketTap } from "../frame/camera_packet.ts";
import type { PictureTap } from "../frame/decoded_picture.ts";
import { maskUrl } from "../log/mask.ts";
import { PrivateSocket } from "../private_socket.ts";
import type { ChildGuard, FolderGuard } from "../process_guard.ts";
import type { Address } from "./address.ts";
import { inputOptions, type SizeProbe } from "./ffmpeg_args.ts";
import { isSecret, pollIntervalMs, writeInputList } from "./relay/input_list.ts";
import { openInputRelay } from "./relay/input_relay.ts";
import type { InputRelay } from "./relay/local_relay.ts";
import { LinePipe } from "./lines/line_pipe.ts";
import { MotionFeed } from "./picture/motion_feed.ts";
import { PictureFeed } from "./picture/picture_feed.ts";
import { noSocket } from "./lines/reason.ts";
import { clockPace } from "./clock/pace.ts";
import { TapSocket, tapSocketName } from "./tap_socket.ts";

/** What one run of ffmpeg is given. */
export interface RunSetup {
  /** Name of the camera. */
  readonly camera: string;
  readonly address: Address;
  readonly config: SourceConfig;
  /** Takes the camera's packets; without it none are asked for. */
  readonly tap?: PacketTap | undefined;
  /** Takes all of its pictures; without it none are asked for. */
  readonly pictures?: PictureTap | undefined;
  readonly logger: Logger;
  /** The address answers with one picture, and is asked again and again. */
  readonly polled: boolean;
  readonly sizeProbe: SizeProbe;
  /** Ends what a run leaves behind that was cut short. */
  readonly guard: ChildGuard;
}

/** Unlike that of any other stream on this machine. */
export function frameSocketName(stream: string, url: string): string {
  return `frames of ${stream} ${maskUrl(url)}`;
}

/** The channels of one run; to be disposed of after ffmpeg has ended. */
export class RunChannels implements AsyncDisposable {
  /** One for each stream. The first may be null: then its frames come on ffmpeg's stdout. */
  readonly frames: readonly (PrivateSocket | null)[];
  /** Null where there are no named pipes: then lines come on ffmpeg's stderr. */
  readonly lines: LinePipe | null;
  /** Present if the configuration asks for motion. */
  readonly motion: MotionFeed | null;
  readonly tap: TapSocket | null;
  /** Present if all pictures are wanted. */
  readonly pictures: PictureFeed | null;
  /** Options for reading a file in real time. */
  readonly pace: readonly string[];
  /** Stands between ffmpeg and the camera; null where nothing has to. */
  readonly relay: InputRelay | null;
  /** File that names the input to ffmpeg; null where it may stand among its arguments. */
  readonly inputList: string | null;
  readonly #owned: AsyncDisposableStack;

  private constructor(
    channels: Omit<RunChannels, typeof Symbol.asyncDispose>,
    owned: AsyncDisposableStack,
  ) {
    this.frames = channels.frames;
    this.lines = channels.lines;
    this.motion = channels.motion;
    this.tap = channels.tap;
    this.pictures = channels.pictures;
    this.pace = channels.pace;
    this.relay = channels.relay;
    this.inputList = channels.inputList;
    this.#owned = owned;
  }

  /**
   * `streams`: names of those that get frames of their own each, at least one.
   * @throws {SourceError} when this machine has no place for what cannot be done without
   */
  static async open(setup: RunSetup, streams: readonly string[]): Promise<RunChannels> {
    const { camera, address, config, polled, sizeProbe, logger, guard } = setup;
    await using owned = new AsyncDisposableStack();
    // A device mostly sends raw pictures: nothing to keep, or to pass on.
    const tap = setup.tap === undefined || address.kind === "device"
      ? null
      : owned.use(TapSocket.open(setup.tap, tapSocketName(camera, config.url), logger, guard));
    const motion = owned.use(MotionFeed.open(camera, config, guard));
    const pictures = owned.use(PictureFeed.open(setup.pictures, camera, config.url, guard));
    const frames = streams.map((stream, index) => {
      const name = frameSocketName(stream, config.url);
      return owned.use(openSocket(guard, name, index === 0, config.url));
    });
    const lines = frames[0] ? owned.use(await LinePipe.make(dirname(frames[0].path))) : null;
    const pollMs = polled ? pollIntervalMs(config) : null;
    const relay = owned.use(await openInputRelay(address, config.tls, pollMs));
    const isPaced = address.kind === "file" && config.fps !== null;
    const pace = isPaced ? await clockPace() : [];
    const url = relay?.url ?? address.url;
    const isListed = polled || address.kind !== "file" && isSecret(url);
    if (polled && !frames[0]) throw noSocket(`ask ${maskUrl(url)} for pictures`, null);
    const stallTimeoutMs = config.stallTimeoutMs + (pollMs ?? 0);
    const options = inputOptions({ address, config: { ...config, stallTimeoutMs }, sizeProbe });
    const inputList = frames[0] && isListed
      ? await writeInputList(dirname(frames[0].path), url, options, pollMs)
      : null;
    const channels = { tap, motion, pictures, frames, lines, pace, relay, inputList };
    return new RunChannels(channels, owned.move());
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#owned.disposeAsync();
  }
}

function openSocket(
  guard: FolderGuard,
  name: string,
  orStdout: boolean,
  url: string,
): PrivateSocket | null {
  try {
    return PrivateSocket.open(guard, name);
  } catch (cause) {
    // A pipe does as well, only slower; but there is just one.
    if (orStdout && !(cause instanceof Deno.errors.NotCapable)) return null;
    throw noSocket(`read ${maskUrl(url)}`, cause);
  }
}
