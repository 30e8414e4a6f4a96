import assert from "node:assert/strict";
import { parseRegion, sourceSettings } from "./settings.ts";

Deno.test("parseRegion() reads fractions within the picture, up to its edges", () => {
  assert.deepEqual(parseRegion("0,0,1,1"), { x: 0, y: 0, width: 1, height: 1 });
  assert.deepEqual(parseRegion(" .1, 0.7 ,0.5,0.3"), { x: 0.1, y: 0.7, width: 0.5, height: 0.3 });
});

for (
  const text of ["", "0,0,1", "0,0,1,1,1", "0,0,0,1", "0.6,0,0.5,1", "-0.1,0,1,1", "0,0,1e0,1", "a"]
) {
  Deno.test(`parseRegion() refuses "${text}"`, () => {
    assert.throws(() => parseRegion(text), { name: "SettingError" });
  });
}

const rebaseStream = sourceSettings.stream_url.rebase!;

Deno.test("stream_url makes no path of what can only be an address", () => {
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
