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
