import assert from "node:assert/strict";
import { rebasePath } from "./paths.ts";

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
