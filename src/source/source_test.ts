import assert from "node:assert/strict";
import { SourceError } from "./source.ts";

Deno.test("SourceError has a message that fits a log, whatever the camera said", () => {
  const { message } = new SourceError("unknown", `Cannot read: ${"x".repeat(8000)}`, "");
  assert.equal(message.length, 1001);
});
