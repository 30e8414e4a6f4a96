/** Supervises the decoder of a live view: restarts one that ended, froze or gives nothing. */

import { isNalCodec, isWholePicture } from "../frame/annex_b.ts";
import type { CameraPacket, CodecParameters, Display } from "../frame/camera_packet.ts";
import { describeError } from "../log/describe_error.ts";
import type { GopBuffer } from "./gop_buffer.ts";
import { PictureDecoder, type PictureDecoderOptions } from "./picture_decoder.ts";

/** Settings of a {@link DecoderSupervisor}: what each decoder is given, and where the rest comes from. */
export interface DecoderSupervisorOptions
  extends Omit<PictureDecoderOptions, "display" | "parameters" | "isWhole"> {
  /** How pictures are to be shown; null = as the stream itself says. */
  readonly display: () => Display | null;
  /** How the packets are encoded; null = not known yet. */
  readonly parameters: () => CodecParameters | null;
  /** What a decoder begins with. */
  readonly group: GopBuffer;
}

/** A decoder that takes nothing for so long is frozen. */
const frozenMs = 5000;
/** One that takes everything and gives nothing for so long was fed garbage, or a very slow camera. */
const silentMs = 30_000;
/** A decoder that ended is not replaced sooner. */
const pauseMs = 1000;
const checkMs = 500;

/** One decoder at a time, replaced when the source starts anew, and when it ends or freezes. */
export class DecoderSupervisor implements AsyncDisposable {
  readonly #options: DecoderSupervisorOptions;
  readonly #closing = new Set<Promise<void>>();
  readonly #timer: ReturnType<typeof setInterval>;
  #decoder: PictureDecoder | null = null;
  #notBeforeMs = 0;
  /** When it was first fed since its last picture; null while it owes nothing. */
  #owesSinceMs: number | null = null;

  constructor(options: DecoderSupervisorOptions) {
    this.#options = options;
    this.#timer = setInterval(() => this.#check(), checkMs);
    this.#open();
  }

  /** The source starts anew, or is to be shown otherwise: the next decoder begins at a key frame. */
  begin(): void {
    this.#close();
    this.#notBeforeMs = 0;
  }

  /** The packet is part of the group already. */
  write(packet: CameraPacket): void {
    if (this.#decoder === null) return this.#open();
    this.#owesSinceMs ??= performance.now();
    this.#decoder.write(packet);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer);
    this.#notBeforeMs = Infinity;
    this.#close();
    await Promise.all(this.#closing);
  }

  #open(): void {
    const { group, logger, onPicture } = this.#options;
    const parameters = this.#options.parameters();
    if (parameters === null || group.packets.length === 0) return;
    if (performance.now() < this.#notBeforeMs) return;
    this.#notBeforeMs = performance.now() + pauseMs;
    try {
      const decoder = this.#decoder = new PictureDecoder({
        ...this.#options,
        display: this.#options.display(),
        parameters,
        isWhole: isWhole(parameters, group.packets[0]!),
        onPicture: (picture) => {
          // What an older decoder still had in its pipe belongs to another run.
          if (this.#decoder !== decoder) return void this.#options.pool.give(picture.data.buffer);
          this.#owesSinceMs = null;
          onPicture(picture);
        },
      });
      for (const packet of group.packets) decoder.write(packet);
      this.#owesSinceMs = performance.now();
      decoder.ended.then(() => this.#replace(decoder, "has ended"));
    } catch (error) {
      this.#notBeforeMs = performance.now() + 10 * pauseMs;
      logger.warn("Live view: {reason}", { reason: describeError(error) });
    }
  }

  #check(): void {
    if (this.#decoder === null) return this.#open();
    const owesMs = this.#owesSinceMs === null ? 0 : performance.now() - this.#owesSinceMs;
    if (this.#decoder.blockedMs > frozenMs) this.#replace(this.#decoder, "is frozen");
    else if (owesMs > silentMs) this.#replace(this.#decoder, "gives no picture");
  }

  #replace(decoder: PictureDecoder, state: string): void {
    if (this.#decoder !== decoder) return;
    const reason = decoder.lastComplaint;
    this.#options.logger.warn("Live view: the decoder {state}, starting another {reason}", {
      state,
      reason: reason === "" ? "" : `(${reason})`,
    });
    this.#close();
  }

  #close(): void {
    const decoder = this.#decoder;
    this.#decoder = null;
    this.#owesSinceMs = null;
    if (decoder === null) return;
    const closing = decoder[Symbol.asyncDispose]().finally(() => this.#closing.delete(closing));
    this.#closing.add(closing);
  }
}

function isWhole({ video: { codec } }: CodecParameters, { data, keyframe }: CameraPacket): boolean {
  return keyframe && (!isNalCodec(codec) || isWholePicture(codec, data));
}
