/** The camera's own packets, on their way to the live view, to pictures of events and to outputs. */

/** One picture as the camera encoded it, or a piece of its sound. */
export interface CameraPacket {
  readonly kind: "video" | "audio";
  /**
   * A whole access unit, in memory of its own; not to be written into. H.264 and H.265 come with
   * start codes (Annex B), and each key frame with its parameter sets; AAC without ADTS headers;
   * everything else as ffmpeg passes it on.
   */
  readonly data: Uint8Array<ArrayBuffer>;
  /** Decoding can begin with it. Of sound it is always true. */
  readonly keyframe: boolean;
  /**
   * Presentation time in milliseconds on the clock of this run: that of `stampMs` of its frames, to
   * within 0.5. Packets come in the order of decoding, so that of B-frames goes back.
   */
  readonly ptsMs: number;
  /** When it came by the wall clock, in milliseconds since 1970. */
  readonly capturedAtMs: number;
}

/** How the video is encoded. */
export interface VideoParameters {
  /** ffmpeg's name: `h264`, `hevc`, `mjpeg`, `vp8`, `vp9`, `av1`, `mpeg4`, `mpeg2video`, … */
  readonly codec: string;
  /** Four characters by which containers know it. */
  readonly fourcc: string;
  /** Pixels, as they are stored; 0 = only the packets tell. */
  readonly width: number;
  readonly height: number;
  /**
   * Of H.264 and H.265 the parameter sets with start codes, as in the last key frame; of others
   * what ffmpeg calls extradata (of AV1 an `av1C` or a sequence header). May be empty.
   */
  readonly extradata: Uint8Array<ArrayBuffer>;
}

/** How the sound is encoded. */
export interface AudioParameters {
  /** ffmpeg's name: `aac`, `pcm_alaw`, `pcm_mulaw`, `opus`; `other` for what cameras seldom send. */
  readonly codec: string;
  readonly fourcc: string;
  readonly sampleRate: number;
  readonly channels: number;
  /** Of AAC its AudioSpecificConfig. May be empty. */
  readonly extradata: Uint8Array<ArrayBuffer>;
}

/** How a camera's packets are encoded. */
export interface CodecParameters {
  readonly video: VideoParameters;
  /** Null where there is no sound, or none is wanted. */
  readonly audio: AudioParameters | null;
}

/** What a container says of how pictures are shown, and the packets alone do not. */
export interface Display {
  /** Whole degrees, clockwise, that pictures are turned by. */
  readonly turn: number;
  /** After that they are turned over from left to right, and would look mirrored without. */
  readonly flipped: boolean;
  /** Width to height of a pixel, such as `8:11`; null = as the stream itself says. */
  readonly pixelRatio: string | null;
}

/** A reader of the camera's packets. It must not wait, nor keep the source waiting. */
export interface PacketTap {
  /** A new run of the source begins: forget what was kept, another codec or clock may follow. */
  begin(): void;
  /** Before the first packet of a run, and again before a key frame with other parameter sets. */
  describe(parameters: CodecParameters): void;
  /** How this run's pictures are to be shown, where the stream alone does not say. */
  show?(display: Display): void;
  write(packet: CameraPacket): void;
  /** No more packets of this run will come. */
  end?(): void;
}

/** One that several take; undefined where there is none. */
export function joinTaps(taps: readonly (PacketTap | undefined)[]): PacketTap | undefined {
  const [first, ...others] = taps.filter((tap) => tap !== undefined);
  if (first === undefined || others.length === 0) return first;
  const all = [first, ...others];
  return {
    begin: () => all.forEach((tap) => tap.begin()),
    end: () => all.forEach((tap) => tap.end?.()),
    describe: (parameters) => all.forEach((tap) => tap.describe(parameters)),
    show: (display) => all.forEach((tap) => tap.show?.(display)),
    write: (packet) => all.forEach((tap) => tap.write(packet)),
  };
}
