import assert from "node:assert/strict";
import { join } from "node:path";
import { BoxTracks } from "./box_tracks.ts";

Deno.test("BoxTracks has each result in the file of its picture, whichever comes first", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const path = (name: string) => Promise.resolve(join(folder, name));
    const tracks = new BoxTracks((error) => assert.fail(`${error}`));
    const found = (ptsMs: number) =>
      tracks.annotate("door", ptsMs, {
        detections: [{
          ...{ label: String(ptsMs), labelId: 0, confidence: 1 },
          box: { x: 0, y: 0, width: 1, height: 1 },
        }],
      });
    found(1000);
    tracks.open(1000, path("a"));
    tracks.wrote(1000);
    // Of the next file's first pictures, before it is known that there is one.
    found(1040);
    found(1080);
    found(1120);
    tracks.wrote(1040);
    tracks.open(1080, path("b"));
    tracks.wrote(1080);
    tracks.wrote(1120);
    // One of no picture that was written.
    found(1160);
    await tracks.finish();
    const cues = async (name: string) =>
      [...(await Deno.readTextFile(join(folder, name))).matchAll(
        /^([\d:.]+) .*\n.*"label":"(\d+)"/gm,
      )]
        .map(([, time, label]) => `${time} ${label}`);
    assert.deepEqual(await cues("a"), ["00:00:00.000 1000", "00:00:00.040 1040"]);
    assert.deepEqual(await cues("b"), ["00:00:00.000 1080", "00:00:00.040 1120"]);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
