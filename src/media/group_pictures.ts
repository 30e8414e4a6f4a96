/** Pictures of the same group are made together: most of their cost is to decode what leads to them. */

import type { KeptFile } from "../events/media_table.ts";
import type { NotedFrame } from "./frame_book.ts";
import { makeSnapshots, type SnapshotRequest } from "./make_snapshot.ts";
import type { MediaFolder } from "./media_folder.ts";
import type { PictureQueue } from "./picture_queue.ts";

/** A picture that is to be made. */
export interface PictureRequest extends Omit<SnapshotRequest, "signal"> {
  readonly frame: NotedFrame;
  /** Whether an event waits for it by now. */
  isUrgent(): boolean;
}

interface Awaited extends PictureRequest {
  readonly file: PromiseWithResolvers<KeptFile>;
}

/** Pictures of one camera that wait for their turn. */
export class GroupPictures {
  readonly #folder: MediaFolder;
  readonly #queue: PictureQueue;
  /** By the beginning of their group. */
  readonly #waiting = new Map<string, Awaited[]>();

  constructor(folder: MediaFolder, queue: PictureQueue) {
    this.#folder = folder;
    this.#queue = queue;
  }

  /** The file of a picture. @throws {Error} when it cannot be made */
  take(request: PictureRequest): Promise<KeptFile> {
    const [{ run, startMs }] = request.groups as [SnapshotRequest["groups"][number]];
    const key = `${run} ${startMs}`;
    const awaited = { ...request, file: Promise.withResolvers<KeptFile>() };
    const waiting = this.#waiting.get(key);
    if (waiting) waiting.push(awaited);
    else {
      const pictures = [awaited];
      this.#waiting.set(key, pictures);
      void this.#make(key, pictures);
    }
    return awaited.file.promise;
  }

  async #make(key: string, pictures: Awaited[]): Promise<void> {
    try {
      await this.#queue.run(
        async (signal) => {
          // Those that come from here on are made by the next one.
          this.#waiting.delete(key);
          await this.#write(pictures, signal);
        },
        () => pictures.some((picture) => picture.isUrgent()),
      );
    } catch (error) {
      if (this.#waiting.get(key) === pictures) this.#waiting.delete(key);
      for (const { file } of pictures) file.reject(error);
    }
  }

  async #write(pictures: readonly Awaited[], signal: AbortSignal): Promise<void> {
    // A later one may have come with the packets behind the group as well.
    const { groups, ...request } = pictures.at(-1)!;
    const stamps = pictures.map(({ frame }) => frame.stampMs);
    const jpegs = await makeSnapshots({ ...request, groups, signal }, stamps);
    for (const [index, { frame, file }] of pictures.entries()) {
      const name = this.#folder.newName("jpg", frame.capturedAtMs);
      await this.#folder.write(name, jpegs[index]!).then(file.resolve, file.reject);
    }
  }
}
