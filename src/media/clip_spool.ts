/** Packets on disk, for clips that go on for longer than the ring reaches back. */

import type { CodecParameters } from "../frame/camera_packet.ts";
import type { StreamNote } from "./hide_between.ts";
import { framed } from "./make_snapshot.ts";
import type { PictureGroup } from "./packet_ring.ts";

/** Boxes of a frame, by the camera's own clock. */
export interface ClipFrame {
  readonly stampMs: number;
  readonly boxes: readonly ClipBox[];
}

/** A box of a clip, as it stands in its JSON. */
export interface ClipBox {
  readonly label: string;
  readonly confidence: number;
  readonly track_id?: number;
  /** Fractions of the picture. */
  readonly box: {
    readonly x: number;
    readonly y: number;
    readonly width: number;
    readonly height: number;
  };
}

/** Frames by the stream that told them. */
export type FramesByStream = Readonly<Record<string, readonly ClipFrame[]>>;

/** A group wherever it is: its packets, and the boxes on its frames. */
export interface ClipGroup {
  readonly run: number;
  readonly parameters: CodecParameters;
  readonly startMs: number;
  /** As ffmpeg reads them. */
  parts(): AsyncIterable<Uint8Array> | Iterable<Uint8Array>;
  frames(): Promise<FramesByStream>;
  /** What is to be hidden on its frames. */
  readonly notes: readonly StreamNote[];
}

interface Spooled extends ClipGroup {
  readonly endMs: number;
  readonly path: string;
}

/** Keeps groups of one camera as long as a clip wants them, a file each. */
export class ClipSpool {
  readonly #folder: string;
  #groups: Spooled[] = [];
  #count = 0;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** From the oldest to the newest. */
  get groups(): readonly ClipGroup[] {
    return this.#groups;
  }

  /** Takes a group that ends at `endMs`. A disk that does not take it costs the clip this part. */
  add(
    { run, parameters, startMs, packets }: PictureGroup,
    endMs: number,
    { frames, notes }: { readonly frames: FramesByStream; readonly notes: readonly StreamNote[] },
  ): void {
    const path = `${this.#folder}/${this.#count++}`;
    const written = this.#write(path, packets.flatMap(framed), frames);
    // Its reader is told.
    written.catch(() => {});
    this.#groups.push({
      run,
      parameters,
      startMs,
      endMs,
      notes,
      path,
      async *parts() {
        await written;
        yield await Deno.readFile(`${path}.nut`);
      },
      frames: async () => {
        await written;
        return JSON.parse(await Deno.readTextFile(`${path}.json`));
      },
    });
  }

  /** Removes all that is no longer wanted. */
  keep(isWanted: (group: { readonly run: number; readonly endMs: number }) => boolean): void {
    const gone = this.#groups.filter((group) => !isWanted(group));
    this.#groups = this.#groups.filter(isWanted);
    for (const { path } of gone) {
      for (const ending of ["nut", "json"]) Deno.remove(`${path}.${ending}`).catch(() => {});
    }
  }

  async #write(path: string, parts: readonly Uint8Array[], frames: FramesByStream): Promise<void> {
    await Deno.mkdir(this.#folder, { recursive: true, mode: 0o700 });
    using file = await Deno.open(`${path}.nut`, { write: true, createNew: true, mode: 0o600 });
    for (const part of parts) {
      for (let at = 0; at < part.length;) at += await file.write(part.subarray(at));
    }
    await Deno.writeTextFile(`${path}.json`, JSON.stringify(frames), { mode: 0o600 });
  }
}
