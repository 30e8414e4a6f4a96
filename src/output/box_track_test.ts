import assert from "node:assert/strict";
import { type FileHandle, open } from "node:fs/promises";
import { join } from "node:path";
import { BoxTrack } from "./box_track.ts";

const found = (label: string, trackId?: number) => ({
  detections: [{
    ...{ label, labelId: 0, confidence: 0.987654, ...trackId !== undefined && { trackId } },
    box: { x: 1 / 3, y: 0.5, width: 0.1, height: 0.2 },
  }],
});
const box = { x: 0.3333, y: 0.5, width: 0.1, height: 0.2 };

async function written(use: (track: BoxTrack) => void): Promise<string> {
  const folder = await Deno.makeTempDir();
  try {
    const path = join(folder, "a.vtt");
    const track = new BoxTrack(10_000, Promise.resolve(path), (error) => assert.fail(`${error}`));
    use(track);
    await track.finish();
    return await Deno.readTextFile(path);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("BoxTrack has a cue for each result, until the next one", async () => {
  const text = await written((track) => {
    track.add("door", 10_000, found("cat"));
    track.add("door", 10_033.367, found("cat", 7));
    track.add("door", 10_066.7, {});
    track.add("door", 10_100, {});
    track.add("door", 3_671_000, found("cat"));
  });
  const cue = (time_ms: number, id = {}) =>
    JSON.stringify({
      ...{ stream: "door", time_ms },
      boxes: [{ label: "cat", confidence: 0.9877, ...id, box }],
    });
  assert.equal(
    text,
    [
      ...["WEBVTT", "", "00:00:00.000 --> 00:00:00.033", cue(0), ""],
      ...["00:00:00.033 --> 00:00:00.066", cue(33.367, { track_id: 7 }), ""],
      ...["01:01:01.000 --> 01:01:02.000", cue(3_661_000), "", ""],
    ].join("\n"),
  );
});

Deno.test("BoxTrack keeps streams apart, and labels from ending a cue", async () => {
  const label = "a --> b\n\nc & <i>";
  const text = await written((track) => {
    track.add("a", 10_000, found(label));
    track.add("b", 10_010, found("x"));
    track.add("a", 10_040, {});
  });
  const cues = text.split("\n\n").slice(1, -1).map((cue) => cue.split("\n"));
  assert.deepEqual(cues.map(([times]) => times), [
    "00:00:00.000 --> 00:00:00.040",
    "00:00:00.010 --> 00:00:01.010",
  ]);
  const [[, json = ""] = []] = cues;
  assert.doesNotMatch(json, /[<>&]/);
  assert.equal(JSON.parse(json).boxes[0].label, label);
});

Deno.test("BoxTrack says once that it cannot be written, and writes over nothing", async () => {
  const path = await Deno.makeTempFile();
  const errors: unknown[] = [];
  const track = new BoxTrack(0, Promise.resolve(path), (error) => errors.push(error));
  track.add("a", 0, found("x"));
  track.add("a", 40, found("x"));
  await track.finish();
  assert.match(`${errors}`, /EEXIST/);
  assert.equal(await Deno.readTextFile(path), "");
  await Deno.remove(path);
});

Deno.test("BoxTrack leaves no file without a beginning, and no part of a cue, where there is no room", async () => {
  const folder = await Deno.makeTempDir();
  const path = join(folder, "a.vtt");
  const file = await open(join(folder, "b"), "w");
  await file.close();
  const handles = Object.getPrototypeOf(file) as { appendFile: FileHandle["appendFile"] };
  const { appendFile } = handles;
  let room = 0;
  handles.appendFile = async function (this: FileHandle, data) {
    const part = String(data).slice(0, room);
    room -= part.length;
    await appendFile.call(this, part);
    if (part !== data) throw new Error("ENOSPC");
  };
  try {
    const left: (string | null)[] = [];
    for (room of [4, 20]) {
      const errors: unknown[] = [];
      const track = new BoxTrack(0, Promise.resolve(path), (error) => errors.push(error));
      for (const ptsMs of [0, 40, 80]) track.add("a", ptsMs, found("x"));
      await track.finish();
      assert.equal(errors.length, 1);
      left.push(await Deno.readTextFile(path).catch(() => null));
    }
    assert.deepEqual(left, [null, "WEBVTT\n\n"]);
  } finally {
    handles.appendFile = appendFile;
    await Deno.remove(folder, { recursive: true });
  }
});
