import { equal } from "node:assert/strict";
import { networkMessage } from "./network_message.ts";

const refused = Object.assign(new Error("connect ECONNREFUSED 127.0.0.1:6379"), {
  code: "ECONNREFUSED",
});

for (
  const [about, error, words] of [
    ["a known code", refused, "connection refused"],
    ["several addresses", new AggregateError([refused, new Error("x")]), "connection refused"],
    ["an unknown code", Object.assign(new Error("Bad news"), { code: "28P01" }), "Bad news"],
    [
      "a system error",
      Object.assign(new Error("EIO: i/o error, read"), { code: "EIO" }),
      "i/o error",
    ],
    [
      "a code that is a number",
      Object.assign(new Error("not allowed"), { code: 135 }),
      "not allowed",
    ],
    ["an error without words", new Error(""), "the connection broke"],
    ["what is no error", null, "null"],
  ] as const
) {
  Deno.test(`networkMessage() of ${about}`, () => equal(networkMessage(error), words));
}
