import assert from "node:assert/strict";
import { numberedClip } from "./support/clips.ts";
import { withEchoModel } from "./support/echo_model.ts";
import { runSystem, type SystemRun } from "./support/system_run.ts";

/** Minutes at its own pace, as a camera sends it; so slow that a busy machine loses nothing of it. */
const clip = { width: 160, height: 120, fps: 5, frames: 1500 };

const plugin = `import { word } from "./word.ts";
export default () => ({
  input: { channels: "bgr" },
  postprocess: () => ({ data: word }),
});
`;
const words = (word: string) => `export const word = "${word}";\n`;

/** Saves as many an editor does: writes another file, and renames it. */
async function saveByRename(path: string, text: string): Promise<void> {
  await Deno.writeTextFile(`${path}~`, text);
  await Deno.rename(`${path}~`, path);
}

/** Resolves when a record says so; each one's number follows the one before. */
async function says(run: SystemRun, data: string): Promise<void> {
  await run.until(`a record says ${data}`, () => true);
  const giveUpAt = Date.now() + 20_000;
  while ((await run.records()).at(-1)?.data !== data) {
    assert.ok(Date.now() < giveUpAt, `no record says ${data}\n${run.process.stderr}`);
    await run.more(1);
  }
}

Deno.test("--watch: a saved plugin takes over between two frames, a broken one does not", async () => {
  const { file } = await numberedClip(clip);
  await using model = await withEchoModel();
  const folder = await Deno.makeTempDir({ prefix: "sightline_watch_" });
  try {
    const path = `${folder}/talker.ts`;
    await Deno.writeTextFile(path, plugin);
    await Deno.writeTextFile(`${folder}/word.ts`, words("one"));
    await using run = await runSystem([
      ...["--stream_url", file, "--fps", "5", "--model_path", model.path],
      ...["--use_case", path, "--watch"],
    ]);
    await says(run, "one");

    // What it imports counts as the plugin.
    await saveByRename(`${folder}/word.ts`, words("two"));
    await says(run, "two");

    await Deno.writeTextFile(path, plugin.replace("data: word }", "data: word"));
    const broken = await run.until("the error is shown", ({ detail }) => detail !== null);
    assert.equal(broken.state, "live");
    assert.match(broken.detail!, /^The use case was saved, its former version goes on: /);
    await run.process.waitForLine(/talker - ERROR - It was saved, its former version goes on: /);
    await run.more(10);
    await says(run, "two");

    await saveByRename(path, "export default 3;\n");
    await run.process.waitForLine(/its former version goes on: .*default export/);

    await saveByRename(path, 'throw new Error("no licence");\n');
    await run.process.waitForLine(/goes on: .*: no licence, at \/.*talker\.ts:1:7$/);

    await saveByRename(path, plugin.replace("data: word", 'data: word + "!"'));
    await says(run, "two!");
    await run.until("the error is gone", ({ detail }) => detail === null);
    assert.doesNotMatch(run.process.stderr, /the source starts again/);

    const { summary, records } = await run.end();
    assert.deepEqual(summary.frames.dropped, {
      queue_full: 0,
      too_old: 0,
      skipped: 0,
      no_answer: 0,
      error: 0,
    });
    assert.deepEqual(records.map(({ sequence }) => sequence), [...records.keys()]);
    const said = records.map(({ data }) => data);
    assert.deepEqual(said, said.toSorted((a, b) => order.indexOf(a) - order.indexOf(b)));
    assert.doesNotMatch(run.process.stderr, /is back/);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

const order: unknown[] = ["one", "two", "two!"];

Deno.test("--watch: the source starts again only for a version that wants other pixels", async () => {
  const { file } = await numberedClip(clip);
  await using model = await withEchoModel();
  const folder = await Deno.makeTempDir({ prefix: "sightline_watch_" });
  try {
    const path = `${folder}/talker.ts`;
    await Deno.writeTextFile(`${folder}/word.ts`, words("bgr"));
    await Deno.writeTextFile(path, plugin);
    await using run = await runSystem([
      ...["--stream_url", file, "--fps", "5", "--model_path", model.path],
      ...["--use_case", path, "--watch", "--isolation", "process"],
    ]);
    await says(run, "bgr");
    await saveByRename(path, plugin.replace('"bgr"', '"rgb"').replace("data: word", 'data: "rgb"'));
    await run.process.waitForLine(/the source starts again, as the new version wants 48×16 rgb24/);
    await says(run, "rgb");
    await run.end();
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("--watch: who is in a zone leaves before the records of the next version", async () => {
  const { file } = await numberedClip(clip);
  await using model = await withEchoModel();
  const folder = await Deno.makeTempDir({ prefix: "sightline_watch_" });
  const version = (word: string) =>
    `export default () => {
  let isFirst = true;
  return {
    input: { channels: "bgr" },
    postprocess() {
      const events = isFirst ? [{ type: "zone_entered", zone: "door", track_id: 7 }] : [];
      isFirst = false;
      return { data: "${word}", events };
    },
  };
};
`;
  try {
    const path = `${folder}/guard.ts`;
    await Deno.writeTextFile(path, version("one"));
    await using run = await runSystem([
      ...["--stream_url", file, "--fps", "5", "--model_path", model.path],
      ...["--use_case", path, "--watch"],
    ]);
    await says(run, "one");
    await saveByRename(path, version("two"));
    await says(run, "two");
    const told = (await run.records()).flatMap(({ data, events = [] }) =>
      (events as { type: string; zone: string }[]).map(({ type }) => [data, type])
    );
    assert.deepEqual(told, [
      ["one", "zone_entered"],
      [null, "zone_left"],
      ["two", "zone_entered"],
    ]);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
