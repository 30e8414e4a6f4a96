import assert from "node:assert/strict";
import { describeError, withAdvice } from "./describe_error.ts";

const loop = new Error("round");
loop.cause = new Error("and round", { cause: loop });

const cases: { name: string; thrown: unknown; expected: string }[] = [
  { name: "a message", thrown: new Error("Cannot read x"), expected: "Cannot read x" },
  { name: "an empty message", thrown: new TypeError(), expected: "TypeError" },
  {
    name: "causes",
    thrown: new Error("a", { cause: new Error("b", { cause: "c" }) }),
    expected: "a: b: c",
  },
  {
    name: "a cause already told",
    thrown: new Error("Cannot read: gone", { cause: new Error("gone") }),
    expected: "Cannot read: gone",
  },
  { name: "causes in a circle", thrown: loop, expected: "round: and round" },
  {
    name: "several at once",
    thrown: new AggregateError([new Error("a"), new Error("b")]),
    expected: "a; b",
  },
  {
    name: "several that have a message",
    thrown: new AggregateError([new Error("a")], "Cannot reach any"),
    expected: "Cannot reach any",
  },
  { name: "more causes than five", thrown: nested("abcdefg"), expected: "a: b: c: d: e: f" },
  { name: "a string", thrown: "just text", expected: "just text" },
  { name: "undefined", thrown: undefined, expected: "undefined" },
  { name: "an object that has no text", thrown: Object.create(null), expected: "a thrown object" },
];

for (const { name, thrown, expected } of cases) {
  Deno.test(`describeError() of ${name}`, () => assert.equal(describeError(thrown), expected));
}

Deno.test("withAdvice() says once what to do where too many files are open", () => {
  for (const message of ["Too many open files (os error 24)", "listen EMFILE", "os error 24"]) {
    const advised = withAdvice(message);
    assert.equal(/ulimit -n/.test(advised), message !== "os error 24", message);
    assert.equal(withAdvice(advised), advised);
  }
});

/** An error for each letter, the next one its cause. */
function nested(letters: string): Error {
  const [first, ...rest] = letters;
  return new Error(first, rest.length > 0 ? { cause: nested(rest.join("")) } : {});
}
