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

Deno.test("SharedSinks tells of each sink that is opened and closed, and sums up what it wrote", async () => {
  const path = await Deno.makeTempFile({ suffix: ".jsonl" });
  try {
    const told: string[] = [];
    const sinks = new SharedSinks({ logger }, () => {
      told.push("opened");
      return { [Symbol.dispose]: () => void told.push(`closed ${sinks.totals.line}`) };
    });
    const { sink, ...borrowed } = await sinks.borrow({ kind: "jsonl", path });
    sink.write(record, `{"n":1}`);
    await sink.flush?.();
    await Deno.rename(path, `${path}.1`);
    await sinks.reopen();
    sink.write(record, `{"n":2}`);
    await borrowed[Symbol.asyncDispose]();
    assert.deepEqual(told, ["opened", "closed null"]);
    assert.match(sinks.totals.line ?? "", /^Records written: jsonl:.* wrote 2$/);
    assert.equal(await Deno.readTextFile(path), `{"n":2}\n`);
  } finally {
    await Deno.remove(path);
    await Deno.remove(`${path}.1`);
  }
});

Deno.test("SharedSinks opens again what is open, also while another cannot be opened", async () => {
  const path = await Deno.makeTempFile({ suffix: ".jsonl" });
  try {
    const sinks = new SharedSinks({ logger });
    const failing = sinks.borrow({ kind: "jsonl", path: `${path}/is/no/folder` });
    const failed = assert.rejects(failing, /Cannot open sink jsonl:/);
    const borrowing = sinks.borrow({ kind: "jsonl", path });
    await sinks.reopen();
    await using borrowed = await borrowing;
    borrowed.sink.write(record, "{}");
    await failed;
  } finally {
    await Deno.remove(path);
  }
});
