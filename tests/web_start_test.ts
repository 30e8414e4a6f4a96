/** `deno run https://…/main.ts`: every file that Sightline reads of its own comes from the web. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { assetUrl } from "../src/assets.ts";
import { freePort } from "./support/free_port.ts";
import { runProgram } from "./support/run_program.ts";
import { type WebCheckout, withWebCheckout } from "./support/with_web_checkout.ts";

const clip = fileURLToPath(assetUrl("demo/street.mp4"));
const model = fileURLToPath(assetUrl("demo/person_vehicle_bike.onnx"));

Deno.test("deno run URL: without the import map it says what to type", () =>
  withWebCheckout(async (web) => {
    const { code, stderr } = await deno(web, ["run", "-A", `${web.url}main.ts`]);
    assert.equal(code, 1);
    assert.equal(
      stderr.split("\n").filter((line) => !line.startsWith("Download")).join("\n"),
      "Cannot start without Sightline's import map: deno run -A --unstable-worker-options " +
        `--import-map=${web.url}deno.json ${web.url}main.ts\n`,
    );
  }));

Deno.test("deno run URL: help, types, and a plugin whose test passes", () =>
  withWebCheckout(async (web) => {
    const help = await sightline(web, ["--help"]);
    assert.match(help.stdout, /^Usage: .*--stream_url/s);
    const types = await sightline(web, ["types"]);
    assert.equal(types.stdout, await Deno.readTextFile(assetUrl("src/contract.ts")));
    const made = await sightline(web, ["new", "wheel", "--kind", "classification"]);
    assert.equal(made.code, 0, made.stderr);
    // The command that it names starts as it stands there.
    const [command] = /deno run .*main\.ts/.exec(made.stdout) ?? assert.fail(made.stdout);
    const again = await deno(web, [...command.split(" ").slice(1), "--version"]);
    assert.match(again.stdout, /^sightline \d/, again.stderr);
    const host = new URL(web.url).host;
    const test = await deno(web, ["test", "--quiet", `--allow-import=${host}`, "wheel_test.ts"]);
    assert.equal(test.code, 0, test.stdout + test.stderr);
  }));

for (const isolation of ["worker", "process"]) {
  Deno.test(`deno run URL: a clip through an embedded model, with the plugin in a ${isolation}`, () =>
    withWebCheckout(async (web) => {
      const { code, stdout, stderr } = await sightline(web, [
        ...["--stream_url", clip, "--model_path", model, "--sink", "stdout"],
        ...["--limit_frames", "3", "--isolation", isolation],
      ]);
      assert.equal(code, 0, stderr);
      assert.equal(stdout.trim().split("\n").length, 3);
    }));
}

Deno.test("deno run URL: the demo, with clip, model and live view from the web", () =>
  withWebCheckout(async (web) => {
    const port = freePort();
    const { code, stderr } = await sightline(web, [
      ...["demo", "--limit_frames", "3", "--visualizer_port", String(port)],
    ]);
    assert.equal(code, 0, stderr);
    assert.match(stderr, /is live/);
    for (const path of ["demo/street.mp4", "src/web/static/index.html", "src/web/server.ts"]) {
      assert.ok(web.asked.includes(path), path);
    }
  }));

Deno.test("deno run URL: what permissions prints is enough", () =>
  withWebCheckout(async (web) => {
    const args = ["--stream_url", clip, "--model_path", model, "--sink", "jsonl:r.jsonl"];
    const run = [...args, "--limit_frames", "2", "--max_frame_age_ms", "60000"];
    const printed = await sightline(web, ["permissions", ...run]);
    assert.equal(printed.code, 0, printed.stderr);
    const flags = printed.stdout.trim().split(" ").map((flag) => flag.replaceAll("'", ""));
    const { code, stderr } = await deno(web, ["run", "--quiet", ...flags, ...web.start, ...run]);
    assert.equal(code, 0, stderr);
    const records = await Deno.readTextFile(join(web.cwd, "r.jsonl"));
    assert.equal(records.trim().split("\n").length, 2);
  }));

function sightline(web: WebCheckout, args: readonly string[]) {
  return deno(web, ["run", "--quiet", "-A", ...web.start, ...args]);
}

function deno({ cwd, env }: WebCheckout, args: readonly string[]) {
  return runProgram(Deno.execPath(), args, cwd, env);
}
