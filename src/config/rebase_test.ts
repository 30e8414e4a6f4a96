import assert from "node:assert/strict";
import { rebasePath } from "../settings/paths.ts";
import { rebasePermissions, rebaseStream } from "./rebase.ts";

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

Deno.test("rebaseStream() makes no path of what can only be an address", () => {
  const addresses = [
    "192.168.1.20",
    "192.168.1.20:554/live",
    "user:pw@192.168.1.20/live",
    "user:p/w@camera/live",
    "camera.local",
    "camera:554/live",
    "[fe80::1]",
    "rtmp:live",
  ];
  for (const given of addresses) assert.equal(rebaseStream(given, "/etc"), given);
  const paths = [
    "clip.mp4",
    "./camera.local",
    "a:b.mp4",
    "at@home.mp4",
    "10.mp4",
    "local/clip.mp4",
  ];
  for (const given of paths) assert.match(String(rebaseStream(given, "/etc")), /^\/etc\//);
});

Deno.test("rebasePermissions() touches what is read and written only", () => {
  assert.equal(
    rebasePermissions("net=a,b:80,read=./zones.json,/x,write=*,env=HOME", "/etc"),
    "net=a,b:80,read=/etc/zones.json,/x,write=*,env=HOME",
  );
});
