import assert from "node:assert/strict";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import type { CodecParameters } from "../frame/camera_packet.ts";
import { complete } from "../settings/setting.ts";
import { fillPattern, recording } from "./recording.ts";

const at = new Date("2026-11-09T08:07:06.999Z");
const video = {
  codec: "h264",
  fourcc: "H264",
  width: 64,
  height: 36,
  extradata: new Uint8Array(0),
};
const parameters: CodecParameters = { video, audio: null };
const configOf = (values: { path: string; rotate_s?: number; rotate_mb?: number }) =>
  complete(recording.settings, values);

Deno.test("fillPattern() fills in the time, the camera and percent signs", () => {
  assert.equal(
    fillPattern("/r/%N/%Y-%m-%d_%H.%M.%S.mp4", "door", at),
    "/r/door/2026-11-09_08.07.06.mp4",
  );
  assert.equal(fillPattern("100%%d %%.mp4", "door", at), "100%d %.mp4");
});

Deno.test("a path that is no pattern is refused, naming what is wrong with it", () => {
  const { schema } = recording.settings.path;
  for (const path of ["a.mp4", "%Y.MP4", "100%%.mp4", "%N.mp4"]) {
    assert.equal(schema.safeParse(path).success, true, path);
  }
  for (
    const [path, message] of [["a.avi", /must be the path/], ["%y.mp4", /has %y in it/], [
      "50%.mp4",
      /has %\. in it/,
    ], ["%{name}.mp4", /has %\{ in it/]] as const
  ) {
    const { error } = schema.safeParse(path);
    assert.match(error?.issues[0]?.message ?? "", message, path);
  }
});

Deno.test("a recording rotates by the hour where its path holds the time, else when it is told to", () => {
  const rotation = (values: Parameters<typeof configOf>[0]) =>
    recording.rotation!(configOf(values));
  assert.deepEqual(rotation({ path: "a.mp4" }), { seconds: Infinity, bytes: Infinity });
  assert.deepEqual(rotation({ path: "%H.mp4" }), { seconds: 3600, bytes: Infinity });
  assert.deepEqual(rotation({ path: "%%H.mp4" }), { seconds: Infinity, bytes: Infinity });
  assert.deepEqual(rotation({ path: "a.mp4", rotate_s: 5, rotate_mb: 2 }), {
    seconds: 5,
    bytes: 2_000_000,
  });
});

Deno.test("no recording is written over, and what holds nothing is removed", async () => {
  const folder = await Deno.makeTempDir();
  const path = join(folder, "new", "a.mp4");
  const next = () =>
    recording.prepare(configOf({ path }), { camera: "door", parameters, capturedAt: at });
  // At once, as several outputs begin.
  const all = await Promise.all([next(), next(), next()]);
  const paths = all.map((args) => args.at(-1)!.replace(/^file:/, "")).sort();
  assert.deepEqual(paths, ["a-2.mp4", "a-3.mp4", "a.mp4"].map((name) => join(folder, "new", name)));
  await Deno.writeTextFile(path, "something");
  for (const args of all) await recording.ended!(args, null);
  assert.deepEqual(await readdir(join(folder, "new")), [
    "a.mp4",
  ]);
  await Deno.remove(folder, { recursive: true });
});
