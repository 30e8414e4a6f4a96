import { deepEqual, equal } from "node:assert/strict";
import { Hono } from "hono";
import { withFiles } from "../../../tests/support/with_files.ts";
import type { EventApp } from "./event_routes.ts";
import { rangeOf, sendFile } from "./send_file.ts";

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
  ["Bytes=1-2", { first: 1, last: 2 }],
  [`bytes=0-${"9".repeat(400)}`, { first: 0, last: 99 }],
  [`bytes=${"9".repeat(400)}-`, undefined],
  [`bytes=-${"9".repeat(400)}`, { first: 0, last: 99 }],
];

for (const [header, expected] of ranges) {
  Deno.test(`rangeOf() reads ${header} of 100 bytes`, () => {
    deepEqual(rangeOf(header, 100), expected);
  });
}

Deno.test("rangeOf() has no part of an empty file", () => {
  equal(rangeOf("bytes=0-", 0), undefined);
  equal(rangeOf("bytes=-5", 0), undefined);
  equal(rangeOf(undefined, 0), null);
});

const range = "bytes=2-4";
const etag = '"a.mp4"';
const part = { status: 206, body: "234", range: "bytes 2-4/10", length: "3" };
const whole = { status: 200, body: "0123456789", range: null, length: "10" };

/** What a request of a file of ten digits is answered with. */
const answers: readonly [about: string, init: RequestInit, expected: typeof whole | typeof part][] =
  [
    ["a GET", {}, whole],
    ["a part", { headers: { range } }, part],
    ["a part of this very file", { headers: { range, "if-range": etag } }, part],
    ["a part of another file", { headers: { range, "if-range": '"b.mp4"' } }, whole],
    ["a part by a weak validator", { headers: { range, "if-range": `W/${etag}` } }, whole],
    [
      "a part by a date, even one to come",
      { headers: { range, "if-range": "Fri, 01 Jan 2100 00:00:00 GMT" } },
      whole,
    ],
    ["a part beyond the end of another file", {
      headers: { range: "bytes=50-", "if-range": '"b.mp4"' },
    }, whole],
    ["if-range without a range", { headers: { "if-range": etag } }, whole],
    ["several parts", { headers: { range: "bytes=0-1,3-4" } }, whole],
    ["a HEAD", { method: "HEAD" }, { ...whole, body: "" }],
    ["a HEAD with a range", { method: "HEAD", headers: { range } }, { ...whole, body: "" }],
    ["if-match of it", { headers: { range, "if-match": `"x", ${etag}` } }, part],
    ["if-none-match of another", { headers: { "if-none-match": '"x", W/"y"' } }, whole],
  ];

for (const [about, init, expected] of answers) {
  Deno.test(`sendFile() answers ${about}`, async () => {
    const { status, body, headers } = await answer(init);
    const [range, length] = ["content-range", "content-length"].map((name) => headers.get(name));
    deepEqual({ status, body, range, length }, expected);
    deepEqual([headers.get("etag"), headers.get("cache-control")], [etag, "max-age=9"]);
    equal(headers.get("accept-ranges"), "bytes");
  });
}

Deno.test("sendFile() refuses a part that there is not, and has no cache keep that", async () => {
  for (const range of ["bytes=10-", "bytes=-0", "bytes=4-3"]) {
    const { status, body, headers } = await answer({ headers: { range } });
    deepEqual([status, body, headers.get("content-range")], [416, "", "bytes */10"]);
    equal(headers.get("cache-control"), "no-store");
  }
});

Deno.test("sendFile() sends nothing that is known, or no longer what is meant", async () => {
  for (const known of [etag, `"x", W/${etag}`, "*"]) {
    const { status, body, headers } = await answer({ headers: { range, "if-none-match": known } });
    deepEqual([status, body, headers.get("etag")], [304, "", etag]);
  }
  for (const meant of ['"x"', `W/${etag}`]) {
    equal((await answer({ headers: { "if-match": meant } })).status, 412);
  }
});

async function answer(init: RequestInit) {
  const found = { status: 0, body: "", headers: new Headers() };
  await withFiles({ "a.mp4": "0123456789" }, async (directory) => {
    const app: EventApp = new Hono();
    app.get("/clip", async (context) => {
      context.header("cache-control", "max-age=9");
      return await sendFile(context, `${directory}/a.mp4`, "video/mp4") ?? context.body(null, 404);
    });
    const response = await app.request("/clip", init);
    const { status, headers } = response;
    Object.assign(found, { status, headers, body: await response.text() });
  });
  return found;
}
