import assert from "node:assert/strict";
import { getLogger } from "@logtape/logtape";
import { openInference } from "./open.ts";

Deno.test("no model: always ready, asks for no input, answers what it was asked", async () => {
  await using inference = openInference({ kind: "none" }, getLogger(["test"]));
  assert.equal(inference.description, "no model");
  assert.deepEqual(await inference.metadata(), { name: "none", inputs: [], outputs: [] });
  assert.equal(await inference.ready(), true);
  const asked = {
    picture: { datatype: "UINT8", shape: [1, 2], data: Uint8Array.of(1, 2) },
  } as const;
  assert.equal(await inference.infer(asked), asked);
});
