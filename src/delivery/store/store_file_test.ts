import { deepEqual, equal, match } from "node:assert/strict";
import { join } from "node:path";
import { withDelivery } from "../../../tests/support/with_delivery.ts";
import { withFiles } from "../../../tests/support/with_files.ts";
import { StoreFile } from "./store_file.ts";

Deno.test("StoreFile puts aside what is no database, and begins from the beginning", async () => {
  await withFiles({ "deliveries.db": "no database, but some words" }, (directory) => {
    const path = join(directory, "deliveries.db");
    using file = new StoreFile(path);
    match(file.asidePath ?? "", /deliveries\.db\.damaged-/);
    equal(Deno.readTextFileSync(file.asidePath!), "no database, but some words");
    equal(file.load("anything")?.cursor, 0);
    return Promise.resolve();
  });
});

Deno.test("StoreFile: a destination that is new has no state", async () => {
  await withFiles({}, (directory) => {
    using file = new StoreFile(join(directory, "deliveries.db"));
    equal(file.asidePath, null);
    equal(file.load("anything"), null);
    return Promise.resolve();
  });
});

Deno.test("events come again, rather than never, when the file of deliveries was damaged", async () => {
  await withFiles({}, async (dataDir) => {
    const archive = `jsonl+events:${join(dataDir, "archive.jsonl")}`;
    await withDelivery(archive, async ({ tell, drained }) => {
      await tell(20);
      await drained();
    }, { dataDir });
    const path = join(dataDir, "deliveries.db");
    const bytes = await Deno.readFile(path);
    await Deno.writeFile(path, bytes.fill(0xaa, 0, 200));
    await withDelivery(archive, async ({ tell, drained }) => {
      await tell(5);
      await drained();
    }, { dataDir });
    const lines = (await Deno.readTextFile(join(dataDir, "archive.jsonl"))).trim().split("\n");
    const ids = lines.map((line) => JSON.parse(line).id);
    equal(ids.length, 45);
    equal(new Set(ids).size, 25);
    deepEqual(ids.slice(0, 20), ids.slice(20, 40));
  });
});
