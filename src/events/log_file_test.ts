import { deepEqual, equal, ok, throws } from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import type { EventDraft } from "./event.ts";
import { LogFile } from "./log_file.ts";
import type { Salvaged } from "./salvage.ts";

function draftOf(type: string, size = 500): EventDraft {
  const at = new Date().toISOString();
  return {
    type,
    at,
    stream: "door",
    use_case: "u",
    sequence: 0,
    data: { words: "x".repeat(size) },
  };
}

const group = Array.from({ length: 200 }, () => draftOf("seen"));

async function withFolder(use: (folder: string) => void | Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await use(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Mounts need the right to, which not every machine gives. */
async function mount(folder: string, megabytes: number): Promise<boolean> {
  const { success } = await new Deno.Command("mount", {
    args: ["-t", "tmpfs", "-o", `size=${megabytes}m`, "none", folder],
    stderr: "null",
  }).output().catch(() => ({ success: false }));
  return success;
}

async function unmount(folder: string): Promise<void> {
  await new Deno.Command("umount", { args: [folder] }).output();
}

const probe = await Deno.makeTempDir();
const mayMount = Deno.build.os === "linux" && await mount(probe, 1);
if (mayMount) await unmount(probe);
await Deno.remove(probe);

Deno.test({
  name: "LogFile on a full disk lets the oldest events go, and goes on",
  ignore: !mayMount,
}, async () => {
  await withFolder(async (folder) => {
    await mount(folder, 14);
    try {
      const path = `${folder}/events.db`;
      {
        using log = LogFile.open(path, () => {}).file;
        // Some 20 MB on 14: each group is written, whatever has to go.
        for (let n = 0; n < 130; n++) {
          log.use((store) => store.append([...group, draftOf(`group ${n}`)]));
        }
        const { events } = log.use((store) => store.find({ type: "group 129" }, 1));
        equal(events.length, 1);
        ok(log.use((store) => store.size) < 26_000);
      }
      // And what others left of the disk is enough to begin again.
      using again = LogFile.open(path, () => {}).file;
      equal(again.use((store) => store.append(group)).length, 200);
    } finally {
      await unmount(folder);
    }
  });
});

Deno.test({
  name: "LogFile on a disk that others have filled lets files of the oldest events go, and goes on",
  ignore: !mayMount,
}, async () => {
  await withFolder(async (folder) => {
    await mount(folder, 24);
    try {
      using log = LogFile.open(`${folder}/events.db`, () => {}).file;
      await Deno.mkdir(`${folder}/media`);
      const ids = log.use((store) => store.append(group)).slice(0, 12).map(({ event }) => event.id);
      const names = ids.map((_, n) => `${n}.mp4`);
      for (const [n, id] of ids.entries()) {
        const bytes = 2 ** 20;
        await Deno.writeFile(`${folder}/media/${names[n]}`, new Uint8Array(bytes));
        log.use((store) => store.addFile(id, "clip", { name: names[n]!, bytes }));
      }
      await fill(`${folder}/others`);
      // The log could give its reserve up, but others are faster.
      await Deno.remove(`${folder}/events.db.reserve`);
      await fill(`${folder}/others`);
      for (let n = 0; n < 20; n++) log.use((store) => store.append(group));
      const left = await Array.fromAsync(Deno.readDir(`${folder}/media`));
      ok(left.length < names.length, `${left.length} files`);
    } finally {
      await unmount(folder);
    }
  });
});

Deno.test({
  name:
    "LogFile on a nearly full disk keeps free what there is, but for the room of the next events",
  ignore: !mayMount,
}, async () => {
  await withFolder(async (folder) => {
    await mount(folder, 24);
    try {
      await Deno.writeFile(`${folder}/others`, new Uint8Array(20 * 2 ** 20));
      using log = LogFile.open(`${folder}/events.db`, () => {}).file;
      const { size } = await Deno.stat(`${folder}/events.db.reserve`);
      ok(size > 2 * 2 ** 20 && size < 3 * 2 ** 20, `${size}`);
      log.use((store) => store.append(group));
      equal((await Deno.stat(`${folder}/events.db.reserve`)).size, size, "it was not needed");
    } finally {
      await unmount(folder);
    }
  });
});

Deno.test({
  name: "LogFile opens on a full disk by what it has kept free, and else says that it is full",
  ignore: !mayMount,
}, async () => {
  await withFolder(async (folder) => {
    await mount(folder, 24);
    try {
      const path = `${folder}/events.db`;
      {
        using log = LogFile.open(path, () => {}).file;
        log.use((store) => store.append(group));
      }
      await fill(`${folder}/others`);
      {
        using again = LogFile.open(path, () => {}).file;
        equal(again.use((store) => store.append(group)).length, 200);
      }
      await Deno.remove(`${path}.reserve`);
      await fill(`${folder}/others`);
      throws(() => LogFile.open(path, () => {}), {
        message: `Cannot open the event log ${path}: the disk is full`,
      });
    } finally {
      await unmount(folder);
    }
  });
});

/** Takes what is left of a disk. */
async function fill(path: string): Promise<void> {
  using file = await Deno.open(path, { append: true, create: true });
  for (let size = 2 ** 20; size > 0;) {
    try {
      await file.write(new Uint8Array(size));
    } catch {
      size = Math.floor(size / 2);
    }
  }
}

Deno.test("LogFile that is damaged while it is used is put aside, and saved from", async () => {
  await withFolder(async (folder) => {
    const path = `${folder}/events.db`;
    {
      using log = LogFile.open(path, () => {}).file;
      for (let n = 0; n < 20; n++) log.use((store) => store.append(group));
    }
    const { size } = await Deno.stat(path);
    {
      using file = await Deno.open(path, { write: true });
      // A tenth at the end: pages that lead to others lie before it.
      await file.seek(Math.floor(0.9 * size / 4096) * 4096, Deno.SeekMode.Start);
      await file.write(new Uint8Array(Math.floor(size / 10)).fill(0xa5));
    }
    const replaced: (Salvaged | null)[] = [];
    const { file: opened, salvaged } = LogFile.open(path, (now) => replaced.push(now));
    using log = opened;
    equal(salvaged, null, "the beginning of the file is whole");
    for (let n = 0; n < 20 && replaced.length === 0; n++) {
      log.use((store) => store.append(group));
      log.use((store) => store.find({ type: "seen" }, 100_000));
    }
    equal(replaced.length, 1);
    ok(replaced[0]!.events > 0, `${replaced[0]!.events} saved`);
    equal(log.use((store) => store.append([draftOf("after")])).length, 1);
    equal(log.use((store) => store.find({ type: "after" }, 9)).events.length, 1);
  });
});

Deno.test("LogFile whose folder is removed begins another, within a second", async () => {
  await withFolder(async (folder) => {
    const path = `${folder}/data/events.db`;
    await Deno.mkdir(`${folder}/data`);
    const replaced: (Salvaged | null)[] = [];
    using log = LogFile.open(path, (salvaged) => replaced.push(salvaged)).file;
    log.use((store) => store.append(group));
    await Deno.remove(`${folder}/data`, { recursive: true });
    for (const endMs = performance.now() + 10_000; replaced.length === 0;) {
      ok(performance.now() < endMs, "it is noticed");
      log.use((store) => store.append([draftOf("seen")]));
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    deepEqual(replaced, [null]);
    ok((await Deno.stat(path)).isFile);
    equal(log.use((store) => store.append([draftOf("after")])).length, 1);
  });
});

Deno.test("LogFile leaves what it keeps free alone when it cannot be opened for another reason", async () => {
  await withFolder(async (folder) => {
    const path = `${folder}/events.db`;
    LogFile.open(path, () => {}).file[Symbol.dispose]();
    const { size } = await Deno.stat(`${path}.reserve`);
    equal(size, 8 * 1024 * 1024);
    {
      using newer = new DatabaseSync(path);
      newer.exec("PRAGMA user_version = 99");
    }
    throws(() => LogFile.open(path, () => {}), { name: "NewerLogError" });
    equal((await Deno.stat(`${path}.reserve`)).size, size);
  });
});

Deno.test("LogFile passes on an error that is none of the disk's, and goes on", async () => {
  await withFolder((folder) => {
    using log = LogFile.open(`${folder}/events.db`, () => {}).file;
    let calls = 0;
    throws(() =>
      log.use(() => {
        calls++;
        throw new RangeError("no");
      }), { name: "RangeError" });
    equal(calls, 1);
    equal(log.use((store) => store.append([draftOf("after")])).length, 1);
  });
});

Deno.test("LogFile keeps so much free again that was taken away", async () => {
  await withFolder(async (folder) => {
    const path = `${folder}/events.db`;
    await Deno.writeFile(`${path}.reserve`, new Uint8Array(5));
    using _log = LogFile.open(path, () => {}).file;
    equal((await Deno.stat(`${path}.reserve`)).size, 8 * 1024 * 1024);
  });
});
