import assert from "node:assert/strict";
import {
  inputList,
  isSecret,
  listArgs,
  pollIntervalMs,
  pollsOfARun,
  writeInputList,
} from "./input_list.ts";

Deno.test("inputList() quotes whatever a URL may hold", () => {
  assert.equal(
    inputList("rtsp://u:p@cam/it's?a=b c", ["-rtsp_transport", "tcp", "-timeout", "5"], null),
    "ffconcat version 1.0\n" +
      "file 'rtsp://u:p@cam/it'\\''s?a=b c'\n" +
      "option rtsp_transport 'tcp'\n" +
      "option timeout '5'\n",
  );
});

Deno.test("isSecret() knows passwords and tokens", () => {
  const secret = ["rtsp://u:p@cam/x", "http://cam/x?token=abc", "rtsp://u:@cam/x"];
  for (const url of secret) assert.ok(isSecret(url), url);
  for (const url of ["rtsp://u@cam/x", "rtsp://cam/x?channel=1"]) assert.ok(!isSecret(url), url);
});

Deno.test("inputList() asks for picture after picture, so far apart", () => {
  const pollMs = pollIntervalMs({ fps: 4 });
  const lines = inputList("http://cam/a.jpg", [], pollMs).split("\n");
  assert.deepEqual(lines.slice(0, 4), [
    ...["ffconcat version 1.0", "file 'http://cam/a.jpg'", "duration 250ms"],
    "file 'http://cam/a.jpg'",
  ]);
  assert.equal(lines.length, 2 + 2 * pollsOfARun);
  assert.equal(pollIntervalMs({ fps: null }), 1000);
});

Deno.test("writeInputList() hides a list from all other users, and listArgs() leads to it", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const path = await writeInputList(folder, "rtsp://u:p@cam/x", ["-timeout", "5"], null);
    const list = await Deno.readTextFile(path);
    assert.equal(list, inputList("rtsp://u:p@cam/x", ["-timeout", "5"], null));
    const { mode } = await Deno.stat(path);
    if (Deno.build.os !== "windows") assert.equal(mode! & 0o777, 0o600);
    assert.deepEqual(listArgs(path).slice(-2), ["-i", `file:${path}`]);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
