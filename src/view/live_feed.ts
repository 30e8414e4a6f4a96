/** What viewers are told that draw boxes themselves: when each picture came, and what was found in it. */

import type { Analysis, Annotation, Box, Detection } from "../frame/analysis.ts";
import { isNalCodec, isWholePicture } from "../frame/annex_b.ts";
import type { CameraPacket, CodecParameters, Display } from "../frame/camera_packet.ts";
import { browserCodec, withoutDelay } from "./browser_codec.ts";
import { hexOfLabel } from "./color.ts";

/** A picture of the camera that has come, by both its clocks. */
export interface PictureTimes {
  /** On the stream's own clock. */
  readonly ptsMs: number;
  /** The wall clock when its packet came. */
  readonly capturedAtMs: number;
}

/** What a stream found in a picture. */
export interface LiveResult extends PictureTimes {
  readonly stream: string;
  /** UTF-8 JSON of a {@link LiveRecord}. */
  readonly payload: Uint8Array;
}

/** A result as a page gets it, without what a page does not draw. */
export interface LiveRecord {
  /** A camera may have several streams. */
  readonly stream: string;
  readonly detections: readonly LiveDetection[];
  readonly classifications: readonly { readonly label: string; readonly confidence: number }[];
  readonly annotations: readonly Annotation[];
  /** Of each label, as `#rrggbb`: the same on every picture. */
  readonly colors: Readonly<Record<string, string>>;
}

/** Something that was found; fractions of the picture. */
export interface LiveDetection {
  readonly label: string;
  readonly confidence: number;
  readonly box: Box;
  /** Absent when objects are not tracked. */
  readonly trackId?: number;
  /** What a secondary model said of it. */
  readonly said?: string;
}

/** How a camera's packets are decoded and shown. */
export interface LiveDescription {
  /** As WebCodecs calls it, or `jpeg`. */
  readonly codec: string;
  /** Whole degrees, clockwise, that pictures are turned by. */
  readonly turn: number;
  readonly flipped: boolean;
  /** Width to height of a pixel, such as `8:11`; null = as the stream itself says. */
  readonly pixelRatio: string | null;
}

/** A picture as the camera encoded it. */
export interface LivePacket extends PictureTimes {
  readonly data: Uint8Array<ArrayBuffer>;
  /** Decoding can begin with it. */
  readonly isKey: boolean;
}

/** A viewer of one camera. */
export interface LiveListener {
  /** Another run of the camera begins. */
  onBegin(): void;
  /** {@link LiveFeed.group} has grown, or begun anew. */
  onPacket(): void;
  onResult(result: LiveResult): void;
}

/** Pictures whose times are remembered: longer than any result takes. */
const remembered = 1024;
/** Time stamps of packet and frame differ by what containers round. */
const toleranceMs = 1.01;
/** Results that may wait for their packet; one of another run waits in vain. */
const mostEarly = 16;
/** Things of each kind in one record, and characters of a text: a page shows no more. */
const most = 500;
const longestText = 200;
/** Bytes of a group of pictures; one that outgrows it is let go. */
const largestGroup = 16 * 1024 * 1024;
/** A camera that sent no key frame for so long may never send one. */
const keylessMs = 3000;
/** So many packets in the order of their pictures tell that all are. */
const ordered = 10;
/** How much of the interval between pictures the newest one decides. */
const share = 0.1;

/** One for each camera. Without viewers it only keeps packets since the last key frame, and times. */
export class LiveFeed {
  readonly #listeners = new Set<LiveListener>();
  #times: PictureTimes[] = [];
  #parameters: CodecParameters | null = null;
  #display: Display | null = null;
  #description: LiveDescription | null = null;
  #group: LivePacket[] = [];
  #groupBytes = 0;
  #begunAtMs: number | null = null;
  #hadKey = false;
  /** Packets in a row that came in the order of their pictures; NaN = not all do. */
  #ordered = 0;
  #lastPtsMs = -Infinity;
  /** The last key frame in the form that is sent. */
  #formed: { readonly packet: LivePacket; readonly data: Uint8Array } | null = null;
  #early: { readonly stream: string; readonly ptsMs: number; readonly analysis: Analysis }[] = [];
  #newestAtMs: number | null = null;
  #intervalMs: number | null = null;

  /** For how long no picture has come, in milliseconds; null before the first of this run. */
  quietMs(nowMs = performance.now()): number | null {
    return this.#newestAtMs === null ? null : nowMs - this.#newestAtMs;
  }

  /** What lies between two pictures, in milliseconds; null as long as it is not known. */
  get intervalMs(): number | null {
    return this.#intervalMs;
  }

  /** How many listen. */
  get size(): number {
    return this.#listeners.size;
  }

  subscribe(listener: LiveListener): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) };
  }

  /** Another run of the camera begins, on another clock. */
  begin(): void {
    this.#parameters = null;
    this.#display = null;
    this.#description = null;
    this.#group = [];
    this.#begunAtMs = null;
    this.#hadKey = false;
    this.#ordered = 0;
    this.#lastPtsMs = -Infinity;
    this.#formed = null;
    this.#times = [];
    this.#early = [];
    this.#newestAtMs = null;
    this.#intervalMs = null;
    for (const listener of this.#listeners) listener.onBegin();
  }

  /** How packets are encoded from here on. */
  describe(parameters: CodecParameters): void {
    this.#parameters = parameters;
    this.#description = null;
  }

  /** How pictures are to be shown. */
  show(display: Display): void {
    this.#display = display;
    this.#description = null;
  }

  /** Null before the first packet, and where no browser decodes it. */
  get description(): LiveDescription | null {
    if (this.#description !== null || this.#parameters === null) return this.#description;
    const codec = browserCodec(this.#parameters.video);
    const { turn = 0, flipped = false, pixelRatio = null } = this.#display ?? {};
    this.#description = codec === null ? null : { codec, turn, flipped, pixelRatio };
    return this.#description;
  }

  /** Packets from the newest key frame on; another array with each of them. */
  get group(): readonly LivePacket[] {
    return this.#group;
  }

  /** The camera sends pictures, but none that decoding could begin with. */
  get isWithoutKeyFrames(): boolean {
    return !this.#hadKey && this.#begunAtMs !== null &&
      performance.now() - this.#begunAtMs > keylessMs;
  }

  /** A packet as it is sent: of a key frame without what holds pictures back. */
  payloadOf(packet: LivePacket): Uint8Array {
    if (!packet.isKey || this.#parameters?.video.codec !== "h264") return packet.data;
    if (this.#formed?.packet !== packet) {
      // Pictures in another order must wait for those before them.
      const data = this.#ordered >= ordered ? withoutDelay(packet.data) : packet.data;
      this.#formed = { packet, data };
    }
    return this.#formed.data;
  }

  /** A packet has come. */
  write({ kind, data, keyframe, ptsMs, capturedAtMs }: CameraPacket): void {
    if (kind !== "video") return;
    const codec = this.#parameters?.video.codec ?? "";
    // Browsers begin with nothing else.
    const isKey = keyframe && (!isNalCodec(codec) || isWholePicture(codec, data));
    this.#begunAtMs ??= performance.now();
    this.#note(ptsMs, capturedAtMs);
    this.#ordered = ptsMs < this.#lastPtsMs ? NaN : this.#ordered + 1;
    this.#lastPtsMs = ptsMs;
    this.#keep({ ptsMs, capturedAtMs, data, isKey });
    for (const listener of this.#listeners) listener.onPacket();
    const early = this.#early.filter((result) => Math.abs(result.ptsMs - ptsMs) < toleranceMs);
    if (early.length === 0) return;
    this.#early = this.#early.filter((result) => !early.includes(result));
    for (const { stream, ptsMs, analysis } of early) this.annotate(stream, ptsMs, analysis);
  }

  #keep(packet: LivePacket): void {
    const { isKey, data } = packet;
    const isTooLarge = this.#groupBytes + data.length > largestGroup;
    if (isKey || isTooLarge) {
      // Another array: viewers see that a group has begun.
      this.#group = [];
      this.#groupBytes = 0;
      this.#hadKey = isKey;
      this.#begunAtMs = performance.now();
    }
    if (!isKey && this.#group.length === 0) return;
    this.#group.push(packet);
    this.#groupBytes += data.length;
  }

  #note(ptsMs: number, capturedAtMs: number, nowMs = performance.now()): void {
    this.#times.push({ ptsMs, capturedAtMs });
    if (this.#times.length > 2 * remembered) this.#times = this.#times.slice(-remembered);
    if (this.#newestAtMs !== null) {
      const intervalMs = nowMs - this.#newestAtMs;
      this.#intervalMs = this.#intervalMs === null
        ? intervalMs
        : this.#intervalMs + share * (intervalMs - this.#intervalMs);
    }
    this.#newestAtMs = nowMs;
  }

  /** The picture that has this time stamp; null when it is not known, or no longer. */
  timesOf(ptsMs: number): PictureTimes | null {
    return this.#times.findLast((times) => Math.abs(times.ptsMs - ptsMs) < toleranceMs) ?? null;
  }

  /** A result has come. */
  annotate(stream: string, ptsMs: number, analysis: Analysis): void {
    if (this.#listeners.size === 0) return;
    const times = this.timesOf(ptsMs);
    if (times === null) {
      // Frame and packet go different ways, and the frame may be quicker.
      this.#early.push({ stream, ptsMs, analysis });
      if (this.#early.length > mostEarly) this.#early.shift();
      return;
    }
    const payload = new TextEncoder().encode(JSON.stringify(toRecord(stream, analysis)));
    for (const listener of this.#listeners) listener.onResult({ ...times, stream, payload });
  }
}

function toRecord(stream: string, analysis: Analysis): LiveRecord {
  const { detections = [], classifications = [], annotations = [] } = analysis;
  const told = classifications.slice(0, 10).map(({ label, confidence }) => ({
    label: label.slice(0, longestText),
    confidence: round(confidence),
  }));
  const all = detections.flatMap((detection) => [
    detection,
    ...detection.secondary?.detections ?? [],
  ]);
  const found = all.slice(0, most).map(toDetection);
  return {
    stream,
    detections: found,
    classifications: told,
    annotations: annotations.slice(0, most).map(toAnnotation),
    colors: Object.fromEntries([...found, ...told].map(({ label }) => [label, hexOfLabel(label)])),
  };
}

function toDetection({ label, confidence, box, trackId, secondary }: Detection): LiveDetection {
  const said = secondary?.classifications?.[0];
  return {
    label: label.slice(0, longestText),
    confidence: round(confidence),
    box: {
      x: round(box.x),
      y: round(box.y),
      width: round(box.width),
      height: round(box.height),
    },
    ...(trackId !== undefined && { trackId }),
    ...(said && { said: `${said.label} ${said.confidence.toFixed(2)}`.slice(0, longestText) }),
  };
}

function toAnnotation(annotation: Annotation): Annotation {
  if (annotation.kind === "text") {
    return { ...annotation, text: annotation.text.slice(0, longestText) };
  }
  const points = annotation.points.slice(0, most).map(([x, y]) => [round(x), round(y)] as const);
  return { ...annotation, points };
}

/** A hundredth of a pixel of 1000 is enough. */
function round(value: number): number {
  return Math.round(value * 1e5) / 1e5;
}
