import assert from "node:assert/strict";
import { inputList, isSecret, pollIntervalMs, pollsOfARun } from "./input_list.ts";

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
