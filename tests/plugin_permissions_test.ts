/** What `permissions` prints, and what a plugin asks for, on the real program. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { freePort } from "./support/free_port.ts";
import { poll } from "./support/poll.ts";
import { sightlineResult } from "./support/run_sightline.ts";
import { withFiles } from "./support/with_files.ts";
import { withModelServer } from "./support/with_model_server.ts";

const root = fileURLToPath(new URL("../", import.meta.url));
const model = join(root, "demo/person_vehicle_bike.onnx");
const clip = ["--stream_url", join(root, "demo/street.mp4")];
const local = [...clip, "--model_path", model];

/** Runs main.ts with the flags that `permissions` prints, and no others. */
async function runConfined(args: string[], cwd: string): Promise<{ code: number; stderr: string }> {
  const printed = await sightlineResult(["permissions", ...args], { cwd });
  assert.equal(printed.code, 0, printed.stderr);
  const flags = printed.stdout.trim().split(" ");
  assert(!flags.some((flag) => /^(-A|--allow-\w+)$/.test(flag)), printed.stdout);
  assert(!flags.some((flag) => flag.includes("'")), printed.stdout);
  const { code, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-check", ...flags, join(root, "main.ts"), ...args],
    cwd,
    env: { NO_COLOR: "1" },
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).output();
  return { code, stderr: new TextDecoder().decode(stderr) };
}

for (const isolation of ["worker", "process"]) {
  Deno.test(`permissions: what it prints is enough, with a ${isolation}, a sink and a live view`, () =>
    withFiles({}, async (folder) => {
      const { code, stderr } = await runConfined([
        ...[...local, "--limit_frames", "10", "--isolation", isolation],
        ...["--sink", `jsonl:${join(folder, "records.jsonl")}`],
        ...["--visualizer_port", String(freePort())],
      ], folder);
      assert.equal(code, 0, stderr);
      assert.doesNotMatch(stderr, /Requires|Cannot|ERROR|WARNING/);
      const records = await Deno.readTextFile(join(folder, "records.jsonl"));
      assert.equal(records.trim().split("\n").length, 10);
    }));
}

Deno.test("permissions: what it prints is enough for a model server, over gRPC and REST", () =>
  withFiles({}, async (folder) => {
    await using server = await withModelServer({ modelPath: model });
    for (const url of [`127.0.0.1:${server.grpcPort}`, `http://127.0.0.1:${server.restPort}`]) {
      const { code, stderr } = await runConfined([
        ...[...clip, "--limit_frames", "3", "--ovms_url", url, "--model_name", server.modelName],
        ...["--use_case_options", '{"labels":["vehicle","person","bike"]}'],
      ], folder);
      assert.equal(code, 0, stderr);
      assert.doesNotMatch(stderr, /Requires|Cannot|ERROR|WARNING/);
    }
  }));

Deno.test("permissions: what it prints is enough for a picture in the live view", () =>
  withFiles({}, async (folder) => {
    const port = freePort();
    const args = [...local, "--visualizer_port", String(port), "--fps", "5"];
    const run = runConfined([...args, "--limit_duration", "8"], folder);
    let bytes = 0;
    await poll("a picture of the camera is shown", async () => {
      const url = `http://127.0.0.1:${port}/streams/default/snapshot.jpg`;
      const response = await fetch(url).catch(() => null);
      bytes = (await response?.bytes())?.byteLength ?? 0;
      // The words that stand in for a camera take less.
      return response?.ok === true && bytes > 60_000;
    }, 30_000).catch(() => {});
    const { code, stderr } = await run;
    assert.equal(code, 0, stderr);
    assert.doesNotMatch(stderr, /Requires|Cannot|No live view/);
    assert(bytes > 60_000, `the last picture has ${bytes} bytes`);
  }));

Deno.test("permissions: one less than it prints is too little", () =>
  withFiles({}, async (folder) => {
    const { stdout } = await sightlineResult(["permissions", ...local], { cwd: folder });
    const flags = stdout.trim().split(" ");
    for (const flag of flags.filter((flag) => flag.includes("="))) {
      const { success } = await new Deno.Command(Deno.execPath(), {
        args: [
          ...["run", "--no-check", ...flags.filter((other) => other !== flag)],
          ...[join(root, "main.ts"), ...local, "--limit_frames", "1"],
        ],
        cwd: folder,
        stdin: "null",
        stdout: "null",
        stderr: "null",
      }).output();
      assert(!success, `${flag} is not needed`);
    }
  }));

const asking = `
export const permissions = { net: ["hooks.example.com"], read: ["./zones.json"] } as const;
const zones = JSON.parse(Deno.readTextFileSync("./zones.json"));
export default () => ({ postprocess: () => ({ data: zones }) });
`;

for (const isolation of ["worker", "process"]) {
  Deno.test(`${isolation} host: what a plugin asks for must be granted, and then works`, () =>
    withFiles({}, async (folder) => {
      await Deno.writeTextFile(join(folder, "asking.ts"), asking);
      await Deno.writeTextFile(join(folder, "zones.json"), "[7]");
      const args = [...local, "--use_case", "asking.ts", "--isolation", isolation];
      const refused = await sightlineResult(args, { cwd: folder });
      assert.equal(refused.code, 2);
      assert.match(
        refused.stderr,
        /asking: it asks for net=hooks\.example\.com,read=\.\/zones\.json, which is not granted; add --allow_plugin net=hooks\.example\.com,read=\.\/zones\.json\n$/,
      );
      const granted = await sightlineResult([
        ...[...args, "--allow_plugin", "net=hooks.example.com,read=./zones.json"],
        ...["--allow_plugin", "env=UNASKED", "--sink", "stdout", "--limit_frames", "1"],
      ], { cwd: folder });
      assert.equal(granted.code, 0, granted.stderr);
      assert.deepEqual(JSON.parse(granted.stdout).data, [7]);
      assert.match(
        granted.stderr,
        / - asking - WARNING - It may use env=UNASKED, which it does not/,
      );
    }));
}
