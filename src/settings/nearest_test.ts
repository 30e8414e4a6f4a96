import assert from "node:assert/strict";
import { nearest } from "./nearest.ts";

const knownNames = [
  "stream_url",
  "stream_name",
  "fps",
  "visualizer_port",
  "visualizer_host",
  "api",
];

const cases: [typed: string, meant: string | null][] = [
  ["stream_ulr", "stream_url"],
  ["steam_url", "stream_url"],
  ["streamurl", "stream_url"],
  ["fsp", "fps"],
  ["visualiser_port", "visualizer_port"],
  ["visualizer", "visualizer_port"],
  ["stream", "stream_url"],
  ["ap", "api"],
  ["xyz", null],
  ["", null],
  ["a_very_long_name_like_no_other", null],
];
for (const [typed, meant] of cases) {
  Deno.test(`nearest() to "${typed}" is ${meant}`, () =>
    assert.equal(nearest(typed, knownNames), meant));
}

Deno.test("nearest() takes one slip in three letters, and of two that are as near the first", () => {
  const cases: [typed: string, known: string[], meant: string | null][] = [
    ["abcdef", ["abcdxx"], "abcdxx"],
    ["abcdef", ["abcxxx"], null],
    ["abcde", ["abcxx"], null],
    ["ab", ["ax"], "ax"],
    ["ab", ["xy"], null],
    ["ac", ["ab", "ad"], "ab"],
    ["kitten", ["sitten", "kitten"], "kitten"],
    // Swapped twice, inserted, deleted.
    ["badc", ["abcd"], null],
    ["badcef", ["abcdef"], "abcdef"],
    ["abd", ["abcd"], "abcd"],
    ["abxcd", ["abcd"], "abcd"],
    // A letter that only moved is deleted and inserted.
    ["ab", ["bc"], null],
    // A letter may be used in one swap alone.
    ["ca", ["abc"], null],
    ["str", ["stream_url", "string_of_all"], "stream_url"],
    ["st", ["stream_url"], null],
  ];
  for (const [typed, known, meant] of cases) assert.equal(nearest(typed, known), meant, typed);
});
