import assert from "node:assert/strict";
import { kinds, scaffold, whyNoName } from "./scaffold.ts";

for (const kind of kinds) {
  Deno.test(`scaffold() of a ${kind} leaves nothing of the template's name`, async () => {
    const files = await scaffold("door_2", kind, "./types.ts");
    assert.deepEqual(files.map(({ name }) => name), ["door_2.ts", "door_2_test.ts"]);
    for (const { text } of files) {
      assert.doesNotMatch(text, /my_?use_?case|\.\.\//i);
      assert.match(text, /^import type .* from "\.\/types\.ts";$/m);
      assert.match(text, /\bmakeDoor2\b/);
    }
    // The promise of the guide.
    if (kind === "detection") assert.ok(files[0]!.text.split("\n").length <= 40);
  });
}

Deno.test("whyNoName() takes snake_case only", () => {
  for (const name of ["a", "door", "door_2", "class", "yolo11_faces"]) {
    assert.equal(whyNoName(name), null, name);
  }
  for (
    const name of [
      ...["", "Door", "doorCounter", "door-counter", "_door", "door_", "a__b", "2doors"],
      ...["../x", "x.ts", "a b", "tür", "test", "door_test", "constructor\n", "x".repeat(65)],
    ]
  ) {
    assert.equal(typeof whyNoName(name), "string", name);
  }
});
