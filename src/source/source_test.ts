import assert from "node:assert/strict";
import { SourceError } from "./source.ts";

Deno.test("SourceError has a message that fits a log, whatever the camera said", () => {
  const { message } = new SourceError("unknown", `Cannot read: ${"x".repeat(8000)}`, "");
  assert.equal(message.length, 1001);
});

Deno.test("SourceError tells why, what to do about it, and what led to it", () => {
  const cause = new Error("Connection refused");
  const error = new SourceError("refused", "Cannot read", "is it on?", { cause });
  const { name, reason, message, hint } = error;
  assert.deepEqual([name, reason, message, hint], [
    ...["SourceError", "refused", "Cannot read", "is it on?"],
  ]);
  assert.equal(error.cause, cause);
});
