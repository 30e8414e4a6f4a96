/** A configuration file that is changed, broken and mended while Sightline runs. */

import assert from "node:assert/strict";
import { join } from "node:path";
import type { StreamStatus } from "../src/stream/status.ts";
import { type Clip, numberedClip } from "./support/clips.ts";
import { freePort } from "./support/free_port.ts";
import { poll } from "./support/poll.ts";
import { runSightline, type SightlineProcess } from "./support/run_sightline.ts";
import { assertNoneLost } from "./support/system_run.ts";
import { withFiles } from "./support/with_files.ts";

const clipOf = (): Promise<Clip> =>
  numberedClip({ width: 320, height: 180, fps: 10, frames: 3000 });

/** A file with one stream for each entry, all of one clip at its own pace. */
function fileOf(clip: Clip, port: number, streams: Readonly<Record<string, string>>): string {
  return [
    `visualizer_port: ${port}`,
    "defaults:",
    "  no_model: true",
    "  use_case: motion",
    "  fps: 10",
    "use_cases:",
    `  motion: {use_case: ${new URL("../plugins/motion.ts", import.meta.url).pathname}}`,
    "streams:",
    ...Object.entries(streams).map(([name, more]) =>
      `  ${name}: {stream_url: ${clip.file}, sink: "jsonl:${name}.jsonl"${more}}`
    ),
  ].join("\n");
}

/** Writes another file and renames it, as editors do. */
async function save(directory: string, text: string): Promise<void> {
  await Deno.writeTextFile(join(directory, "sightline.yaml.new"), text);
  await Deno.rename(join(directory, "sightline.yaml.new"), join(directory, "sightline.yaml"));
}

async function statuses(port: number): Promise<Map<string, StreamStatus>> {
  const response = await fetch(`http://127.0.0.1:${port}/api/streams`);
  const { streams }: { streams: StreamStatus[] } = await response.json();
  return new Map(streams.map((status) => [status.name, status]));
}

async function beyond(port: number, stream: string, frames: number): Promise<StreamStatus> {
  let status: StreamStatus | undefined;
  await poll(`${stream} is past frame ${frames}`, async () => {
    status = (await statuses(port).catch(() => new Map())).get(stream);
    return (status?.frames.processed ?? 0) > frames;
  }, 60_000);
  return status!;
}

/** Tells what it printed. */
async function ended(process: SightlineProcess): Promise<string> {
  process.signal("SIGTERM");
  const { code, stdout, stderr } = await process.result;
  assert.equal(code, 0, stderr);
  return stdout;
}

Deno.test("a saved configuration file exchanges what it changes; the rest loses no frame", async () => {
  const clip = await clipOf();
  await withFiles({}, async (directory) => {
    const port = freePort();
    await save(directory, fileOf(clip, port, { kept: "", changed: "", gone: "" }));
    await using process = runSightline([
      ...["run", "-c", join(directory, "sightline.yaml"), "--benchmark"],
    ]);
    await Promise.all(["kept", "changed", "gone"].map((name) => beyond(port, name, 10)));

    await save(directory, fileOf(clip, port, { kept: "", changed: ", buffer_size: 7", added: "" }));
    await process.waitForLine(
      /Configuration applied: added added, changed started again, gone removed/,
    );
    await beyond(port, "added", 5);
    assert.deepEqual([...(await statuses(port)).keys()].sort(), ["added", "changed", "kept"]);

    const before = await beyond(port, "kept", 30);
    await save(
      directory,
      fileOf(clip, port, { kept: ", buffer_size: x", changed: "", other: ", modle: x" }),
    );
    await process.waitForLine(
      /sightline\.yaml:9:\d+: streams\.kept\.buffer_size x: must be a whole number/,
    );
    await process.waitForLine(
      /sightline\.yaml:11:\d+: streams\.other\.modle: unknown key, did you mean model\?/,
    );
    await process.waitForLine(/The configuration stays as it was/);
    const after = await beyond(port, "kept", before.frames.processed + 5);
    assert.equal(after.reconnects, 0);
    assert.deepEqual([...(await statuses(port)).keys()].sort(), ["added", "changed", "kept"]);
    const summaries = (await ended(process)).trim().split("\n").map((line) => JSON.parse(line));

    const records = await Deno.readTextFile(join(directory, "kept.jsonl"));
    const sequences = records.trim().split("\n").map((line) => JSON.parse(line).sequence);
    assertNoneLost(sequences, summaries.find(({ stream }) => stream === "kept").frames);
  });
});

Deno.test("SIGHUP reads the configuration file again, with its passwords", {
  ignore: Deno.build.os === "windows",
}, async () => {
  const clip = await clipOf();
  await withFiles({}, async (directory) => {
    const port = freePort();
    const text = fileOf(clip, port, { one: "" });
    await save(directory, text);
    await using process = runSightline(["run", "-c", join(directory, "sightline.yaml")]);
    await beyond(port, "one", 5);
    process.signal("SIGHUP");
    await process.waitForLine(/Configuration applied: no stream changes/);
    // A camera that nobody is: all that matters is that its password is nowhere to be seen.
    const camera =
      `\n  two: {stream_url: "rtsp://u@127.0.0.1:${freePort()}/x", password_file: pw}\n`;
    await Deno.writeTextFile(join(directory, "pw"), "first-secret\n");
    await save(directory, text + camera);
    await process.waitForLine(/Configuration applied: two added/);
    await process.waitForLine(/Cannot read rtsp:.*u:\*\*\*@127.0.0.1/);
    await Deno.writeTextFile(join(directory, "pw"), "second-secret\n");
    await process.waitForLine(/Configuration applied: two started again/);
    await Deno.remove(join(directory, "sightline.yaml"));
    process.signal("SIGHUP");
    await process.waitForLine(/sightline.yaml: does not exist/);
    await beyond(port, "one", 20);
    await ended(process);
    assert.doesNotMatch(process.stderr, /secret/);
  });
});
