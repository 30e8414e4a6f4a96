import assert from "node:assert/strict";
import { fanOut } from "./fan_out.ts";
import { recordOf } from "../../tests/support/samples.ts";
import type { Sink } from "./sink.ts";

const record = recordOf();
const unexpected = (error: Error) => assert.fail(error);

function sinkOf(description: string, write: Sink["write"]): Sink {
  const lost = { full: 0, closed: 0, unwritten: 0 };
  return {
    description,
    write,
    counts: () => ({ accepted: 0, written: 0, lost, waiting: 0 }),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

Deno.test("fanOut() keeps one sink's failure from the others", () => {
  const got: string[] = [];
  const errors: string[] = [];
  const broken = sinkOf("broken", () => {
    throw new Error("boom");
  });
  const whole = sinkOf("whole", (_record, json) => void got.push(json));
  fanOut([broken, whole], (error) => errors.push(error.message)).write(record);
  assert.deepEqual(got, [JSON.stringify(record)]);
  assert.deepEqual(errors, ["Cannot write to broken: Error: boom"]);
});

Deno.test("fanOut() refuses a record that JSON cannot hold", () => {
  const sinks = fanOut([sinkOf("any", () => assert.fail("must not be reached"))], unexpected);
  assert.throws(() => sinks.write({ ...record, data: 1n }), TypeError);
});

Deno.test("fanOut() has room once each sink that can be full has", async () => {
  const asked: string[] = [];
  const full = {
    ...sinkOf("full", () => {}),
    room: () => Promise.resolve().then(() => void asked.push("full")),
  };
  await fanOut([sinkOf("endless", () => {}), full], unexpected).room();
  assert.deepEqual(asked, ["full"]);
});

Deno.test("fanOut() makes no JSON where there is no sink", () => {
  fanOut([], unexpected).write({ ...record, data: 1n });
});
