import assert from "node:assert/strict";
import { file, isRemote, parsePath, rebasePath, refuseControls } from "./paths.ts";

Deno.test("rebasePath() sees a path from the directory, and leaves URLs and absolute paths", () => {
  for (
    const [given, expected] of [
      ["clip.mp4", "/etc/sightline/clip.mp4"],
      ["../plugins/x.ts", "/etc/plugins/x.ts"],
      ["a:b.mp4", "/etc/sightline/a:b.mp4"],
      ["/dev/video0", "/dev/video0"],
      ["rtsp://u:p@camera/live", "rtsp://u:p@camera/live"],
      ["rtsp:", "rtsp:"],
      ["file:///x.ts", "file:///x.ts"],
      ["", ""],
    ] as const
  ) assert.equal(rebasePath(given, "/etc/sightline"), expected);
});

Deno.test("parsePath() takes a path or the file: URL of one", () => {
  const rows: [text: string, path: string][] = [
    ["a/b.ts", "a/b.ts"],
    ["c:x", "c:x"],
    ["file:///a%20b.ts", "/a b.ts"],
    ["FILE:///x", "/x"],
  ];
  for (const [text, path] of rows) assert.equal(parsePath(text, "a path"), path);
  const refused: [text: string, message: string][] = [
    ["", ""],
    ["file://host/x", "is no URL of a file on this machine, must be a path"],
    ["gopher://x", "gopher:// is not supported, must be a path"],
  ];
  for (const [text, message] of refused) {
    assert.throws(() => parsePath(text, "a path"), { name: "SettingError", message });
  }
});

Deno.test("refuseControls() refuses each control character, and nothing else", () => {
  for (const code of [0, 10, 31, 127]) {
    assert.throws(() => refuseControls(`a${String.fromCharCode(code)}`), {
      message: "holds a control character",
    });
  }
  refuseControls(" ~ü");
});

Deno.test("file() names a file of this machine, and none of another", () => {
  const { file: named } = file("a file", { help: "" });
  const name = named as (path: string) => unknown;
  assert.deepEqual(name("/x"), { path: "/x", use: "read" });
  assert.equal(name("http://h/x"), null);
  assert.deepEqual([isRemote("file:///x"), isRemote("x:1"), isRemote("HTTP://h")], [
    ...[false, false, true],
  ]);
  assert.deepEqual([rebasePath(7, "/etc"), rebasePath("https:x", "/etc")], [7, "https:x"]);
});
