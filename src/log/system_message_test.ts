import assert from "node:assert/strict";
import { fileMessage, systemMessage } from "./system_message.ts";

for (
  const [message, words] of [
    ["No space left on device (os error 28)", "no space left on device"],
    ["Is a directory (os error 21): open '/tmp'", "is a directory"],
    ["ENXIO: no such device or address, open '/tmp/pipe'", "no such device or address"],
    ["nothing reads this named pipe", "nothing reads this named pipe"],
    ["HTTP is not spoken here", "HTTP is not spoken here"],
  ] as const
) {
  Deno.test(`systemMessage() of ${message}`, () => {
    assert.equal(systemMessage(new Error(message)), words);
  });
}

Deno.test("fileMessage() says why a file cannot be read or written", () => {
  const said = (code: string, verb?: "read" | "write") =>
    fileMessage(Object.assign(new Error("words"), { code }), verb);
  assert.deepEqual([said("ENOENT"), said("EISDIR"), said("EROFS")], [
    ...["does not exist", "is a directory, must be a file"],
    "cannot be written: the file system is read-only",
  ]);
  for (
    const [verb, cannot] of [["read", "cannot be read"], ["write", "cannot be written"]] as const
  ) {
    for (const code of ["EACCES", "EPERM"]) {
      assert.equal(said(code, verb), `${cannot}: permission denied`);
    }
    assert.equal(said("ENOTDIR", verb), `${cannot}: part of the path is a file`);
    assert.equal(said("EIO", verb), `${cannot}: words`);
  }
  assert.equal(said("EIO"), "cannot be read: words");
});
