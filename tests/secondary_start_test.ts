/** A secondary model whose parts are not there, or cannot be started, is bad input. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { numberedClip } from "./support/clips.ts";
import { sightlineResult } from "./support/run_sightline.ts";
import { withFiles } from "./support/with_files.ts";

const motion = new URL("../plugins/motion.ts", import.meta.url).pathname;
const clip = () => numberedClip({ width: 320, height: 180, fps: 25, frames: 500 });

Deno.test("a secondary plugin that cannot be loaded ends the start of a single stream with 2, and is named", () =>
  withFiles({ "bad.ts": "export default 5;" }, async (directory) => {
    const plugin = join(directory, "bad.ts");
    const { file } = await clip();
    const secondary = { no_model: true, use_case: plugin };
    const flags = await sightlineResult([
      ...["--stream_url", file, "--no_model", "--use_case", motion],
      ...["--secondary", JSON.stringify(secondary)],
    ]);
    assert.equal(flags.code, 2, flags.stderr);
    const why = "bad: its default export is of type number, .*";
    assert.match(flags.stderr, new RegExp(`^--secondary: use_case ${plugin}: .*${why}\n$`, "m"));

    const settings = { stream_url: file, no_model: true, use_case: motion };
    const config = join(directory, "s.yaml");
    const second = { ...settings, secondary };
    await Deno.writeTextFile(config, JSON.stringify({ streams: { second } }));
    const { code, stderr } = await sightlineResult(["--config", config]);
    assert.equal(code, 2, stderr);
    const subject = `${config}: streams\\.second\\.secondary\\.use_case`;
    assert.match(stderr, new RegExp(`^${subject} ${plugin}: .*${why}\n$`, "m"));

    await Deno.writeTextFile(config, JSON.stringify({ streams: { first: settings, second } }));
    const two = await sightlineResult(["--config", config]);
    assert.equal(two.code, 1, two.stderr);
    assert.match(two.stderr, new RegExp(`- second - ERROR - .*${why}; the other streams go on\n`));
    assert.match(two.stderr, /1 of 2 streams could not go on: second\n$/);
  }));

const picky = `export default (_options, { model }) => {
  throw new TypeError("I cannot read " + model.name);
};`;

Deno.test("a secondary plugin that cannot read its model ends the start of a single stream with 2, and is named", () =>
  withFiles({ "picky.ts": picky }, async (directory) => {
    const plugin = join(directory, "picky.ts");
    const { file } = await clip();
    const { code, stderr } = await sightlineResult([
      ...["--stream_url", file, "--no_model", "--use_case", motion, "--fps", "5"],
      ...["--secondary", JSON.stringify({ no_model: true, use_case: plugin })],
    ]);
    assert.equal(code, 2, stderr);
    assert.match(stderr, new RegExp(`^--secondary: use_case ${plugin}: .*I cannot read `, "m"));
  }));

Deno.test("check and run look for a secondary model's files before anything starts", () =>
  withFiles({ "s.yaml": "" }, async (directory) => {
    const { file } = await clip();
    const secondary = { model_path: "none.onnx", use_case: "none.ts" };
    const streams = { a: { stream_url: file, no_model: true, use_case: motion, secondary } };
    await Deno.writeTextFile(join(directory, "s.yaml"), JSON.stringify({ streams }));
    for (const args of [["check", "s.yaml"], ["--config", "s.yaml"]]) {
      const { code, stderr } = await sightlineResult(args, { cwd: directory });
      assert.equal(code, 2, stderr);
      for (const name of Object.entries(secondary).map(([key, it]) => `${key} .*${it}`)) {
        const line = `^s\\.yaml:1:\\d+: streams\\.a\\.secondary\\.${name}: does not exist$`;
        assert.match(stderr, new RegExp(line, "m"));
      }
    }
  }));
