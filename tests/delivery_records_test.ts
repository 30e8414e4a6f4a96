import { deepEqual, equal } from "node:assert/strict";
import { runSightline } from "./support/run_sightline.ts";
import { withFiles } from "./support/with_files.ts";

Deno.test("a destination gets records beside events where both are wanted", async () => {
  const clip = new URL("../demo/street.mp4", import.meta.url).pathname;
  const yaml = `
streams:
  yard:
    stream_url: ${clip}
    no_model: true
    use_case: motion
    sink: {jsonl_events: {path: all.jsonl, send: both}}
limit_frames: 20
`;
  await withFiles({ "s.yaml": yaml }, async (directory) => {
    await using sightline = runSightline(["--config", `${directory}/s.yaml`]);
    const { code, stderr } = await sightline.result;
    equal(code, 0, stderr);
    const lines = (await Deno.readTextFile(`${directory}/all.jsonl`)).trim().split("\n")
      .map((line) => JSON.parse(line));
    equal(lines.filter(({ captured_at }) => captured_at !== undefined).length, 20, "records");
    deepEqual(lines.filter(({ type }) => type === "stream_live").length, 1, "events");
  });
});
