import { deepEqual, equal, ok } from "node:assert/strict";
import type { Logger } from "@logtape/logtape";
import { poll } from "../../tests/support/poll.ts";
import { greyPicture } from "../../tests/support/grey_pictures.ts";
import type { EventDraft, SightlineEvent } from "../events/event.ts";
import { type KeptFile, mediaFolder } from "../events/media_table.ts";
import { noGuard } from "../process_guard.ts";
import type { ClipRange, StreamMedia } from "./camera_media.ts";
import type { ClipFiles } from "./keep_clip.ts";
import { EventMedia, type EventMediaOptions } from "./event_media.ts";
import type { MediaConfig } from "./settings.ts";

const at = "2026-11-29T10:00:00Z";
const atMs = Date.parse(at);
const file: KeptFile = { name: "2026-11-29/a.jpg", bytes: 3 };
const files: ClipFiles = {
  clip: { name: "2026-11-29/a.mp4", bytes: 9 },
  boxes: { name: "2026-11-29/a.json", bytes: 2 },
};

/** A stream whose pictures and clips are made, or not, as a test says. */
class Camera implements StreamMedia {
  readonly asked: unknown[] = [];
  readonly ranges: ClipRange[] = [];
  picture_ = (): Promise<KeptFile> => Promise.resolve(file);
  clip_ = (): Promise<ClipFiles> => Promise.resolve(files);
  note() {}
  sinceKeyMs = () => 0;
  [Symbol.dispose]() {}

  picture(sequence: number | null, atMs: number): Promise<KeptFile> {
    this.asked.push(["picture", sequence, atMs]);
    return this.picture_();
  }

  clip(sequence: number | null, atMs: number, range: ClipRange) {
    this.asked.push(["begin", sequence, atMs]);
    this.ranges.push(range);
    const files = this.clip_();
    const end = (sequence: number | null, atMs: number) =>
      void this.asked.push(["end", sequence, atMs]);
    return { files, end };
  }
}

/** What happened to events, in memory; events that are gone have no files. */
class Kept {
  readonly files = new Map<string, KeptFile>();
  readonly gone = new Set<string>();
  /** Events that cannot be given a file. */
  readonly broken = new Set<string>();
  readonly closedAtStart = [];
  knownFiles: () => Promise<string[]> = () => Promise.resolve([]);

  addFile(id: string, kind: string, file: KeptFile): Promise<boolean> {
    if (this.broken.has(id)) return Promise.reject(new Error("disk is full"));
    if (this.gone.has(id)) return Promise.resolve(false);
    this.files.set(`${id} ${kind}`, file);
    return Promise.resolve(true);
  }

  ask(what: string, id: string, kind: string): Promise<unknown> {
    if (what === "knownFiles") return this.knownFiles();
    return Promise.resolve(this.files.get(`${id} ${kind}`) ?? null);
  }
}

const clips = { types: ["seen"], before_s: 1, after_s: 2, max_s: 9, hidden: "refuse" as const };
const config: MediaConfig = { snapshots: ["seen"], clips: null } as never;

interface Scene {
  readonly events: EventMedia;
  readonly kept: Kept;
  readonly camera: Camera;
  readonly told: string[];
  readonly dataDir: string;
}

/** Runs with a stream called `door`, and returns what was told of it. */
async function withMedia(
  use: (scene: Scene) => Promise<void>,
  { kept = new Kept(), prepare }: {
    kept?: Kept;
    prepare?: (dataDir: string) => Promise<void>;
  } = {},
): Promise<string[]> {
  const dataDir = await Deno.makeTempDir();
  const told: string[] = [];
  const logger = {
    warn: (text: string, values: Record<string, unknown>) =>
      told.push(text.replace(/\{(\w+)\}/g, (_, key) => String(values[key]))),
  } as unknown as Logger;
  try {
    await prepare?.(dataDir);
    const log = kept as unknown as EventMediaOptions["log"];
    await using events = new EventMedia({ dataDir, log, guard: noGuard, logger });
    await use({ events, kept, camera: new Camera(), told, dataDir });
  } finally {
    await Deno.remove(dataDir, { recursive: true });
  }
  return told;
}

function draftOf(id: string, more: Partial<EventDraft> = {}): EventDraft & { readonly id: string } {
  return { id, at, type: "seen", stream: "door", use_case: "u", sequence: 7, ...more };
}

Deno.test("EventMedia has a picture made for the types that have one, and where the event says so itself", async () => {
  await withMedia(async ({ events, camera }) => {
    using _entry = events.enter("door", camera, config);
    const rows: [draft: Partial<EventDraft>, has: boolean, sequence?: number | null][] = [
      [{}, true, 7],
      [{ type: "other" }, false],
      [{ type: "other", snapshot: true }, true, 7],
      [{ stream: "yard", snapshot: true }, false],
      [{ data: { best: { sequence: 3 } } }, true, 3],
      [{ data: { best: { sequence: "3" } } }, true, 7],
      [{ sequence: null }, true, null],
    ];
    for (const [index, [draft, has, sequence]] of rows.entries()) {
      const { snapshot: _, ...event } = draftOf(`${index}`, draft);
      const prepared = events.prepare(draftOf(`${index}`, draft));
      deepEqual(prepared, has ? { ...event, snapshot: true } : event);
      equal(events.isPending(`${index}`), has);
      deepEqual(camera.asked.splice(0), has ? [["picture", sequence, atMs]] : []);
    }
    await settled();
  });
});

Deno.test("EventMedia counts a picture once its event has it, and finds it by its event", async () => {
  const jpeg = Uint8Array.of(1, 2, 3);
  await withMedia(async ({ events, kept, camera }) => {
    using _entry = events.enter("door", camera, config);
    kept.gone.add("gone");
    events.prepare(draftOf("gone"));
    equal(await events.picture("gone"), null);
    equal(events.counts().pictures, 0);
    const made = Promise.withResolvers<KeptFile>();
    camera.picture_ = () => made.promise;
    events.prepare(draftOf("1"));
    equal(await events.path("1", "snapshot"), null);
    const waiting = events.picture("1");
    made.resolve(await events.folder.write(file.name, jpeg));
    deepEqual(await waiting, jpeg);
    equal(events.isPending("1"), false);
    equal(await events.path("1", "snapshot"), events.folder.pathOf(file.name));
    deepEqual(events.counts(), { pictures: 1, pictureFailures: 0, clips: 0, clipFailures: 0 });
    await events.folder.remove(file.name);
    equal(await events.picture("1"), null);
  });
});

Deno.test("EventMedia shows a picture as it is, or as it is asked for", async () => {
  const { stdout } = await new Deno.Command("ffmpeg", {
    args: "-v error -f lavfi -i color=s=64x48 -frames:v 1 -f mjpeg -".split(" "),
  }).output();
  await withMedia(async ({ events, camera }) => {
    using _entry = events.enter("door", camera, config);
    const event = draftOf("1") as SightlineEvent;
    const asIs = { crop: false, box: false };
    equal(await events.snapshot(event, asIs), null);
    equal(await events.snapshot(event, { ...asIs, height: 24 }), null);
    camera.picture_ = () => events.folder.write(file.name, stdout);
    events.prepare(draftOf("1"));
    deepEqual(await events.snapshot(event, asIs), stdout);
    const { width, height } = await greyPicture(
      (await events.snapshot(event, { ...asIs, height: 24 }))!,
    );
    deepEqual([width, height], [32, 24]);
  });
});

Deno.test("EventMedia takes a clip around an event that is over at once", async () => {
  await withMedia(async ({ events, kept, camera }) => {
    using _entry = events.enter("door", camera, { ...config, snapshots: [], clips } as never);
    const made = Promise.withResolvers<ClipFiles>();
    camera.clip_ = () => made.promise;
    const prepared = events.prepare(draftOf("1"));
    deepEqual(prepared, { ...draftOf("1"), clip: { before_s: 1, after_s: 2 } });
    deepEqual(camera.asked, [["begin", 7, atMs], ["end", 7, atMs]]);
    deepEqual(camera.ranges, [
      { ids: ["1"], beforeMs: 1000, afterMs: 2000, mostMs: 9000, hiddenRows: null },
    ]);
    ok(await events.isAwaited("1"));
    made.resolve(files);
    await settled();
    equal(await events.isAwaited("1"), false);
    deepEqual([kept.files.get("1 clip"), kept.files.get("1 boxes")], [files.clip, files.boxes]);
    deepEqual(events.counts(), { pictures: 0, pictureFailures: 0, clips: 1, clipFailures: 0 });
    kept.gone.add("2");
    events.prepare(draftOf("2"));
    await settled();
    equal(events.counts().clips, 1);
    deepEqual(events.prepare(draftOf("3", { type: "other" })), draftOf("3", { type: "other" }));
    deepEqual(events.prepare(draftOf("4", { stream: "yard" })), draftOf("4", { stream: "yard" }));
  });
});

Deno.test("EventMedia takes a clip that an event wishes for, within what the stream allows", async () => {
  await withMedia(async ({ events, camera }) => {
    const wish = { before_s: 3, after_s: 4 };
    const draft = draftOf("1", { type: "other", clip: wish });
    equal("clip" in events.prepare(draft), false);
    for (const hidden of ["encode", "refuse", null] as const) {
      const own = hidden && { ...clips, hidden, hidden_height: 720 };
      using _entry = events.enter("door", camera, { ...config, clips: own } as never);
      deepEqual(events.prepare(draft).clip, wish);
      deepEqual(camera.ranges.pop(), {
        ...{ beforeMs: 3000, afterMs: 4000, mostMs: hidden === null ? 120_000 : 9000 },
        ids: ["1"],
        hiddenRows: hidden === "encode" ? 720 : null,
      });
    }
    await settled();
  });
});

Deno.test("EventMedia gives what begins and ends one clip, which ends with it", async () => {
  await withMedia(async ({ events, kept, camera }) => {
    using _entry = events.enter("door", camera, { ...config, snapshots: [], clips } as never);
    const made = [Promise.withResolvers<ClipFiles>(), Promise.withResolvers<ClipFiles>()];
    camera.clip_ = () => made[camera.ranges.length - 1]!.promise;
    const begins = (id: string, key: string) =>
      events.prepare(draftOf(id, { opens: { key, endsAs: "gone" } }));
    const ends = (id: string, key: string) =>
      events.prepare(draftOf(id, { type: "gone", sequence: 9, closes: { key } }));
    begins("1", "a");
    begins("2", "b");
    deepEqual(camera.asked.splice(0), [["begin", 7, atMs], ["begin", 7, atMs]]);
    equal(ends("3", "c").clip, undefined);
    deepEqual(ends("4", "a").clip, { before_s: 1, after_s: 2 });
    deepEqual(camera.asked.splice(0), [["end", 9, atMs]]);
    const awaited = (...ids: string[]) => Promise.all(ids.map((id) => events.isAwaited(id)));
    deepEqual(await awaited("1", "2", "3", "4"), [true, true, false, true]);
    // It has ended, and so it does not once more.
    equal(ends("5", "a").clip, undefined);
    made[0]!.resolve(files);
    await settled();
    deepEqual(["1", "4"].map((id) => kept.files.get(`${id} clip`)), [files.clip, files.clip]);
    deepEqual(await awaited("1", "2", "4"), [false, true, false]);
    // What goes on for longer than a clip may has no further one at its end.
    made[1]!.resolve(files);
    await settled();
    equal(ends("6", "b").clip, undefined);
    equal(events.counts().clips, 3);
  });
});

Deno.test("EventMedia makes clips in the order in which they ended, and gives none up for newer ones", async () => {
  await withMedia(async ({ events }) => {
    const busy = Promise.withResolvers<void>();
    const places = Array.from(
      { length: navigator.hardwareConcurrency },
      () => events.clipQueue.run(() => busy.promise),
    );
    const made: number[] = [];
    const clips = Array.from(
      { length: 80 },
      (_, index) => events.clipQueue.run(() => Promise.resolve(made.push(index))),
    );
    busy.resolve();
    await Promise.all([...places, ...clips]);
    deepEqual(made, Array.from({ length: 80 }, (_, index) => index));
  });
});

Deno.test("EventMedia knows what begins again from what it was before", async () => {
  await withMedia(async ({ events, camera }) => {
    using _entry = events.enter("door", camera, { ...config, snapshots: [], clips } as never);
    const made = [Promise.withResolvers<ClipFiles>(), Promise.withResolvers<ClipFiles>()];
    camera.clip_ = () => made[camera.ranges.length - 1]!.promise;
    const opens = { key: "a", endsAs: "gone" };
    events.prepare(draftOf("1", { opens }));
    events.prepare(draftOf("2", { opens }));
    made[0]!.resolve(files);
    await settled();
    const end = events.prepare(draftOf("3", { type: "gone", closes: { key: "a" } }));
    ok(end.clip !== undefined);
    made[1]!.resolve(files);
    await settled();
  });
});

Deno.test("EventMedia leaves a stream that has taken the place of another", async () => {
  await withMedia(async ({ events, camera }) => {
    const first = events.enter("door", new Camera(), config);
    const second = events.enter("door", camera, config);
    first[Symbol.dispose]();
    equal(events.prepare(draftOf("1")).snapshot, true);
    equal(camera.asked.length, 1);
    second[Symbol.dispose]();
    equal(events.prepare(draftOf("2")).snapshot, undefined);
    await settled();
  });
});

Deno.test("EventMedia tells why pictures are lost, and why clips are, each by itself and not too often", async () => {
  const told = await withMedia(async ({ events, camera, told }) => {
    camera.picture_ = () => Promise.reject(new Error("no key frame"));
    camera.clip_ = () => {
      throw new Error("hidden");
    };
    using _entry = events.enter("door", camera, { ...config, clips } as never);
    for (const id of ["1", "2", "3"]) equal(events.prepare(draftOf(id)).clip, undefined);
    await events.picture("3");
    camera.clip_ = () => Promise.reject(new Error("no room"));
    events.prepare(draftOf("4", { type: "other", clip: { before_s: 1, after_s: 1 } }));
    await settled();
    equal(await events.isAwaited("4"), false);
    deepEqual(events.counts(), { pictures: 0, pictureFailures: 3, clips: 0, clipFailures: 4 });
    equal(told.length, 2);
  });
  deepEqual(told.toSorted(), [
    "An event has no clip: hidden",
    "An event has no clip: no room (3 times)",
    "An event has no picture: no key frame",
    "An event has no picture: no key frame (2 times)",
  ]);
});

Deno.test("EventMedia keeps no file that no event has", async () => {
  const kept = new Kept();
  const names = [file, files.clip, files.boxes].map(({ name }) => name);
  kept.knownFiles = () => {
    const all = [...kept.files.values()].map(({ name }) => name);
    return Promise.resolve(names.filter((name) => all.includes(name)));
  };
  await withMedia(async ({ events, camera, dataDir }) => {
    using _entry = events.enter("door", camera, { ...config, clips } as never);
    const make = async () => {
      await Deno.mkdir(`${mediaFolder(dataDir)}/2026-11-29`, { recursive: true });
      for (const name of names) await Deno.writeTextFile(`${mediaFolder(dataDir)}/${name}`, "x");
    };
    const left = () => {
      return [...Deno.readDirSync(`${mediaFolder(dataDir)}/2026-11-29`)].map(({ name }) => name);
    };
    const give = async (...ids: string[]) => {
      await make();
      for (const id of ids) events.prepare(draftOf(id));
      for (const id of ids) await events.picture(id);
      await poll("clips were given", async () => {
        return (await Promise.all(ids.map((id) => events.isAwaited(id)))).every((is) => !is);
      });
    };
    kept.gone.add("gone");
    kept.broken.add("broken");
    for (const id of ["gone", "broken"]) {
      await give(id);
      deepEqual(left(), [], id);
    }
    await give("gone", "there", "broken");
    deepEqual(left().sort(), ["a.jpg", "a.json", "a.mp4"], "one of those that share it has it");
  }, { kept });
});

Deno.test("EventMedia says so when it cannot clear up what a kill left", async () => {
  const kept = new Kept();
  kept.knownFiles = () => Promise.reject(new Error("no log"));
  const folder = { path: "" };
  const told = await withMedia(settled, {
    kept,
    prepare: async (dataDir) => {
      folder.path = mediaFolder(dataDir);
      await Deno.mkdir(`${folder.path}/2026-11-29`, { recursive: true });
      await Deno.writeTextFile(`${folder.path}/${file.name}`, "left");
    },
  });
  deepEqual(told, [`Cannot clear up ${folder.path}: Error: no log`]);
});

/** Lets all go on that waits for nothing but its turn. */
function settled(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve));
}
