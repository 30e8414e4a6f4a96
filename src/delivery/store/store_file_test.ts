import { deepEqual, equal, match, throws } from "node:assert/strict";
import { join } from "node:path";
import { withDelivery } from "../../../tests/support/with_delivery.ts";
import { withFiles } from "../../../tests/support/with_files.ts";
import { StoreFile } from "./store_file.ts";

/** The state of a destination that was sent nothing. */
const fresh = {
  ...{ cursor: 0, settled: [], head: 0, accepted: 0, delivered: 0, expired: 0, full: 0 },
  ...{ refused: 0, waitingBytes: 0, oldestAtMs: null, lastError: null, disabled: null },
};

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

Deno.test("StoreFile works on with another file where this one turns out to be damaged, and keeps the states", async () => {
  await withFiles({}, (directory) => {
    const path = join(directory, "deliveries.db");
    using file = new StoreFile(path);
    const state = { ...fresh, cursor: 3, lastError: "away" };
    file.use((store) => store.save("d", state, { refused: [], gone: [], refusedAgain: [] }));
    let damaged = 1;
    const result = file.use((store) => {
      if (damaged-- > 0) throw Object.assign(new Error("malformed"), { errcode: 11 });
      return store.states().length;
    });
    equal(result, 1);
    match(file.asidePath ?? "", /deliveries\.db\.damaged-/);
    deepEqual(file.load("d"), state);
    // Of another it is not known what it was sent.
    deepEqual(file.load("c"), fresh);
    return Promise.resolve();
  });
});

Deno.test("StoreFile takes no other failure for damage", async () => {
  await withFiles({}, (directory) => {
    throws(() => new StoreFile(join(directory, "none", "deliveries.db")));
    const file = new StoreFile(join(directory, "deliveries.db"));
    const fails = () => {
      throw Object.assign(new Error("the disk is full"), { errcode: 13 });
    };
    throws(() => file.use(fails), /the disk is full/);
    equal(file.asidePath, null);
    deepEqual([...Deno.readDirSync(directory)].filter(({ name }) => name.includes("damaged")), []);
    file[Symbol.dispose]();
    throws(() => file.load("d"), /not open/);
    return Promise.resolve();
  });
});
