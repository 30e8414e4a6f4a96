import assert from "node:assert/strict";
import fc from "fast-check";
import { checkJson } from "./check_json.ts";

function refusal(value: unknown): string {
  let message = "";
  assert.throws(() => checkJson(value, "data"), (error: Error) => {
    message = error.message;
    return error.name === "UseCaseError";
  });
  return message.replace("Cannot use the analysis: ", "");
}

function nested(levels: number): unknown {
  let value: unknown = 1;
  for (let level = 0; level < levels; level++) value = level % 2 === 0 ? [value] : { value };
  return value;
}

Deno.test("checkJson() copies what JSON holds, as JSON would", () => {
  fc.assert(fc.property(fc.jsonValue({ depthSize: "small" }), (value) => {
    fc.pre(!JSON.stringify(value).includes("__proto__"));
    const copy = checkJson(value, "data");
    assert.deepEqual(copy, value);
    if (typeof value === "object" && value !== null) assert.notEqual(copy, value);
  }));
  const date = new Date(0);
  assert.deepEqual(checkJson({ date, gone: undefined, falsy: [0, "", false, null] }, "data"), {
    date: "1970-01-01T00:00:00.000Z",
    falsy: [0, "", false, null],
  });
});

Deno.test("checkJson() reads each value once, and gives back no getter", () => {
  let reads = 0;
  const tricky = {
    get value() {
      return reads++ === 0 ? 1 : Infinity;
    },
  };
  const copy = checkJson(tricky, "data") as { value: number };
  assert.deepEqual([copy.value, copy.value, reads], [1, 1, 1]);
});

Deno.test("checkJson() takes what is just within its bounds, and nothing more", () => {
  checkJson(nested(32), "data");
  assert.match(refusal(nested(33)), /lies deeper than 32 levels/);
  // The list is a value as well.
  checkJson(Array(99_999).fill(0), "data");
  assert.equal(refusal(Array(100_000).fill(0)), "data holds more than 100000 values");
  assert.equal(refusal([Array(99_998).fill(0), 0]), "data holds more than 100000 values");
  checkJson({ key: "x".repeat(999_997) }, "data");
  for (const value of [{ key: "x".repeat(999_998) }, ["x".repeat(500_000), "x".repeat(500_001)]]) {
    assert.equal(refusal(value), "data holds more than 1000000 characters");
  }
});

Deno.test("checkJson() says where that lies which it refuses", () => {
  const cases: [unknown, string][] = [
    [undefined, "data is of type undefined, allowed is what JSON can hold"],
    [[undefined], "data[0] is of type undefined, allowed is what JSON can hold"],
    [{ a: [0, { b: NaN }] }, "data.a[1].b is NaN, allowed is a finite number"],
    [
      { a: { b: 1 }, c: [[], Symbol()] },
      "data.c[1] is of type symbol, allowed is what JSON can hold",
    ],
    [[new Set()], "data[0] is a Set, allowed is what JSON can hold"],
    [
      [[new ArrayBuffer(1)]],
      "data[0][0] is binary, allowed is what JSON can hold (Array.from makes a list)",
    ],
    [{ a: JSON.parse('{"__proto__":1}') }, "data.a has a key __proto__"],
  ];
  for (const [value, message] of cases) assert.equal(refusal(value), message);
});
