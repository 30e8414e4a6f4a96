import { deepEqual, equal, rejects } from "node:assert/strict";
import { MediaFolder } from "./media_folder.ts";

async function withFolder(use: (folder: MediaFolder, dataDir: string) => Promise<void>) {
  const dataDir = await Deno.makeTempDir();
  try {
    await use(new MediaFolder(dataDir), dataDir);
  } finally {
    await Deno.remove(dataDir, { recursive: true });
  }
}

Deno.test("MediaFolder writes a file as a whole, readable by its user only, or nothing", async () => {
  await withFolder(async (folder) => {
    const name = folder.newName("jpg", Date.UTC(2026, 10, 29));
    deepEqual(await folder.write(name, new Uint8Array(3)), { name, bytes: 3 });
    equal(name.slice(0, 11), "2026-11-29/");
    equal((await Deno.stat(folder.pathOf(name))).mode! & 0o777, 0o600);
    const failed = folder.make(folder.newName("mp4", 0), async (path) => {
      await Deno.writeTextFile(path, "half");
      throw new Error("no room");
    });
    await rejects(failed, { message: "no room" });
    deepEqual(await Array.fromAsync(Deno.readDir(folder.pathOf("1970-01-01"))), []);
  });
});

Deno.test("MediaFolder removes what a kill left and no event has, and nothing of this process", async () => {
  await withFolder(async (folder) => {
    const day = "2026-11-28";
    await Deno.mkdir(folder.pathOf(day), { recursive: true });
    const long = new Date(performance.timeOrigin - 10_000);
    for (const name of ["known.jpg", "stranger.jpg", "half.mp4.part"]) {
      await Deno.writeTextFile(folder.pathOf(`${day}/${name}`), "x");
      await Deno.utime(folder.pathOf(`${day}/${name}`), long, long);
    }
    await Deno.writeTextFile(folder.pathOf(`${day}/new.jpg`), "x");
    await folder.removeStrangers((names) =>
      Promise.resolve(names.filter((name) => name.endsWith("known.jpg")))
    );
    const left = await Array.fromAsync(Deno.readDir(folder.pathOf(day)));
    deepEqual(left.map(({ name }) => name).sort(), ["known.jpg", "new.jpg"]);
  });
});

Deno.test("MediaFolder removes one file, spools and empty days, and is not hindered by what is not there", async () => {
  await withFolder(async (folder) => {
    await folder.removeStrangers(() => Promise.resolve([]));
    const { name } = await folder.write("2026-11-29/a.jpg", new Uint8Array(2));
    await folder.write("2026-11-29/b.jpg", new Uint8Array(2));
    await folder.remove(name);
    await folder.remove(name);
    deepEqual((await Array.fromAsync(Deno.readDir(folder.pathOf("2026-11-29")))).length, 1);
    const spool = folder.newSpool();
    equal(spool.slice(0, folder.path.length + 7), `${folder.path}/spool/`);
    await Deno.mkdir(spool, { recursive: true });
    await Deno.writeTextFile(`${spool}/x`, "x");
    const earlier = `${folder.path}/spool/earlier`;
    await Deno.mkdir(earlier);
    deepEqual(await folder.leftSpools(), [earlier]);
    await folder.removeSpools((path) => Promise.resolve(path === spool));
    equal((await Deno.stat(spool)).isDirectory, true);
    await folder.removeSpool(earlier);
    await folder.removeSpools(() => Promise.resolve(false));
    for (const day of ["2026-11-20", "2026-11-30"]) await Deno.mkdir(folder.pathOf(day));
    const long = new Date(performance.timeOrigin - 10_000);
    await Deno.utime(folder.pathOf("2026-11-20"), long, long);
    await folder.removeStrangers(() => Promise.resolve([]));
    const left = (await Array.fromAsync(Deno.readDir(folder.path))).map(({ name }) => name).sort();
    // An empty one of this process is about to have a file.
    deepEqual(left, ["2026-11-29", "2026-11-30"]);
  });
});

Deno.test("MediaFolder asks for the names of many files in groups, and for each of them once", async () => {
  await withFolder(async (folder) => {
    await Deno.mkdir(folder.pathOf("day"), { recursive: true });
    const long = new Date(performance.timeOrigin - 10_000);
    for (let n = 0; n < 1001; n++) {
      await Deno.writeTextFile(folder.pathOf(`day/${n}`), "");
      await Deno.utime(folder.pathOf(`day/${n}`), long, long);
    }
    const groups: string[][] = [];
    await folder.removeStrangers((names) => {
      groups.push([...names]);
      return Promise.resolve(names.slice(1));
    });
    deepEqual(groups.map(({ length }) => length), [500, 500, 1]);
    equal(new Set(groups.flat()).size, 1001);
    equal((await Array.fromAsync(Deno.readDir(folder.pathOf("day")))).length, 998);
  });
});

Deno.test("MediaFolder says so when it cannot look through its folder", async () => {
  const folder = new MediaFolder(`/${"x".repeat(5000)}`);
  await rejects(folder.removeStrangers(() => Promise.resolve([])));
});
