import assert from "node:assert/strict";
import { getLogger } from "@logtape/logtape";
import { recordOf } from "../../tests/support/samples.ts";
import { SharedSinks } from "./shared_sinks.ts";

const logger = getLogger(["test"]);

/** A line sink writes the JSON and does not look at the record. */
const record = recordOf();

Deno.test("SharedSinks lends one writer to all, and closes it with the last", async () => {
  const path = await Deno.makeTempFile({ suffix: ".jsonl" });
  try {
    const sinks = new SharedSinks({ logger });
    const [first, second] = await Promise.all([
      sinks.borrow({ kind: "jsonl", path }),
      sinks.borrow({ kind: "jsonl", path }),
    ]);
    assert.equal(first.sink, second.sink);
    first.sink.write(record, `{"n":1}`);
    await first[Symbol.asyncDispose]();
    second.sink.write(record, `{"n":2}`);
    await second[Symbol.asyncDispose]();
    await using later = await sinks.borrow({ kind: "jsonl", path });
    assert.notEqual(later.sink, first.sink);
    assert.equal(await Deno.readTextFile(path), `{"n":1}\n{"n":2}\n`);
  } finally {
    await Deno.remove(path);
  }
});

Deno.test("SharedSinks tries again after a sink could not be opened", async () => {
  const directory = await Deno.makeTempDir();
  const path = `${directory}/later/records.jsonl`;
  try {
    const sinks = new SharedSinks({ logger });
    await assert.rejects(sinks.borrow({ kind: "jsonl", path }), /Cannot open sink jsonl:/);
    await Deno.mkdir(`${directory}/later`);
    await using borrowed = await sinks.borrow({ kind: "jsonl", path });
    assert.match(borrowed.sink.description, /records\.jsonl$/);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
});
