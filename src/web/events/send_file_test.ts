import { deepEqual } from "node:assert/strict";
import { rangeOf } from "./send_file.ts";

const ranges: readonly [header: string | undefined, expected: unknown][] = [
  [undefined, null],
  ["bytes=0-", { first: 0, last: 99 }],
  ["bytes=0-0", { first: 0, last: 0 }],
  ["bytes=10-500", { first: 10, last: 99 }],
  ["bytes=-10", { first: 90, last: 99 }],
  ["bytes=-500", { first: 0, last: 99 }],
  ["bytes=100-", undefined],
  ["bytes=5-4", undefined],
  ["bytes=-0", undefined],
  ["bytes=-", null],
  ["bytes=0-1,5-6", null],
  ["lines=0-1", null],
];

for (const [header, expected] of ranges) {
  Deno.test(`rangeOf() reads ${header} of 100 bytes`, () => {
    deepEqual(rangeOf(header, 100), expected);
  });
}
