/** The first try of Sightline on a camera of one's own, with nothing else at hand. */

import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { sightlineResult } from "./support/run_sightline.ts";
import { withFiles } from "./support/with_files.ts";

const file = (path: string) => fileURLToPath(new URL(`../${path}`, import.meta.url));
const street = file("demo/street.mp4");
const demoModel = file("demo/person_vehicle_bike.onnx");

interface AnyRecord {
  readonly stream: string;
  readonly use_case: string;
}

function records(stdout: string): AnyRecord[] {
  return stdout.trimEnd().split("\n").map((line) => JSON.parse(line));
}

Deno.test("a camera and --no_model are enough, anywhere: motion is told of, and the log says so", async () => {
  await withFiles({}, async (directory) => {
    const { code, stdout, stderr } = await sightlineResult([
      ...["--stream_url", street, "--no_model", "--sink", "stdout", "--limit_frames", "3"],
    ], { cwd: directory });
    assert.equal(code, 0, stderr);
    assert.deepEqual(records(stdout).map(({ use_case }) => use_case), Array(3).fill("motion"));
    assert.match(stderr, / - INFO - Without a model and a use case, motion is what is told of/);
  });
});

Deno.test("plugins that ship go by their names, outside of the checkout too", async () => {
  await withFiles({}, async (directory) => {
    const { code, stdout, stderr } = await sightlineResult([
      ...["--stream_url", street, "--no_model", "--use_case", "motion"],
      ...["--sink", "stdout", "--limit_frames", "2"],
    ], { cwd: directory });
    assert.equal(code, 0, stderr);
    assert.equal(records(stdout)[0]!.use_case, "motion");
    assert.doesNotMatch(stderr, /Without a model/);
  });
});

Deno.test("the demo's model on another source is said to know drawn scenes only", async () => {
  await withFiles({}, async (directory) => {
    const own = `${directory}/yard.mp4`;
    await Deno.copyFile(street, own);
    const said = async (url: string) => {
      const { code, stderr } = await sightlineResult([
        ...["--stream_url", url, "--model_path", demoModel, "--limit_frames", "1"],
      ]);
      assert.equal(code, 0, stderr);
      return /has seen drawn streets only/.test(stderr);
    };
    assert.deepEqual([await said(own), await said(street)], [true, false]);
  });
});

Deno.test("names that every object has are names like others, from the file to the records", async () => {
  const plugin = `export default () => ({
    input: { width: 8, height: 8 },
    preprocess: () => ({}),
    postprocess: () => ({
      detections: [{
        label: "__proto__", labelId: 0, confidence: 1, box: { x: 0, y: 0, width: 1, height: 1 },
      }],
    }),
  });`;
  const names = ["constructor", "toString", "__proto__"];
  const yaml = [
    `defaults: { no_model: true, use_case: ./constructor.ts, sink: stdout }`,
    "streams:",
    ...names.map((name) => `  ${name}: { stream_url: "${street}" }`),
  ];
  const files = { "constructor.ts": plugin, "c.yaml": yaml.join("\n") };
  await withFiles(files, async (directory) => {
    const { code, stdout, stderr } = await sightlineResult([
      ...["--config", `${directory}/c.yaml`, "--limit_frames", "2"],
    ]);
    assert.equal(code, 0, stderr);
    const found = records(stdout);
    assert.deepEqual([...new Set(found.map(({ stream }) => stream))].toSorted(), names.toSorted());
    assert.equal(found[0]!.use_case, "constructor");
    assert.match(stderr, /Found 1 __proto__/);
  });
});

/** Runs Sightline on the street for one frame, in a shell that has set a limit before. */
async function underLimit(limit: string): Promise<{ code: number; stderr: string }> {
  const { code, stderr } = await new Deno.Command("sh", {
    args: [
      ...["-c", `${limit}; exec "$@"`, "sh", Deno.execPath(), "run", "-A", "--no-check"],
      ...[file("main.ts"), "--stream_url", street, "--no_model", "--limit_frames", "1"],
    ],
    stdout: "null",
  }).output();
  return { code, stderr: new TextDecoder().decode(stderr) };
}

Deno.test({
  name: "too few file descriptors are told as that; the soft limit alone is raised",
  ignore: Deno.build.os === "windows",
  fn: async () => {
    // Where they run out depends on the machine: at a start of the guard, of ffmpeg, at a module.
    for (const limit of [26, 28, 30, 32]) {
      const hard = await underLimit(`ulimit -n ${limit}`);
      assert.notEqual(hard.code, 0);
      assert.match(hard.stderr, /too many open files.*ulimit -n/i);
      assert.doesNotMatch(hard.stderr, /Cannot load plugin/);
    }
    const soft = await underLimit("ulimit -Sn 28");
    assert.equal(soft.code, 0, soft.stderr);
  },
});
