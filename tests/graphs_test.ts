/** Graphs asked in streams by the real program, against the stand-in. */

import { Image } from "imagescript";
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { pictureModel, writeModel } from "./model_server_client.ts";
import { frameNumber, numberedClip } from "./support/clips.ts";
import { colourAt, decodeFile } from "./support/decoded.ts";
import { sightlineResult } from "./support/run_sightline.ts";
import { runSystem, type SystemRun } from "./support/system_run.ts";
import { type ModelServerProcess, withModelServer } from "./support/with_model_server.ts";

const useCase = fileURLToPath(new URL("support/graph_use_case.ts", import.meta.url));

interface Told {
  readonly seen: number;
  readonly words: string;
  readonly streams: readonly { readonly number: number; readonly state: string }[];
}

async function withGraphs(): Promise<ModelServerProcess> {
  await using model = await writeModel(pictureModel);
  // The file is read once: it need not outlive the start.
  return await withModelServer({ modelPath: model.path, flags: ["--graphs"] });
}

async function run(server: ModelServerProcess, graph: string, flags: string[]): Promise<SystemRun> {
  const { file } = await numberedClip({ width: 480, height: 320, fps: 25, frames: 1500 });
  return await runSystem([
    ...["--stream_url", file, "--fps", "25", "--ovms_url", `127.0.0.1:${server.grpcPort}`],
    ...["--model_name", graph, ...flags],
  ]);
}

Deno.test("a use case that asks for it has its frames in one graph, and is told when that is another", async () => {
  await using model = await writeModel(pictureModel);
  await using server = await withModelServer({ modelPath: model.path, flags: ["--graphs"] });
  const sidePackets = ["--side_packets", '{"first":100}'];
  await using system = await run(server, "tracker", ["--use_case", useCase, ...sidePackets]);
  await system.more(10);
  await server.restart();
  await system.until("a second stream answers", ({ graph }) => (graph?.sessions ?? 0) >= 2);
  await system.more(10);
  const { records, summary } = await system.end();
  const told = records.map(({ data }) => data as Told);
  // A busy machine may have lost the first frames on their way back.
  assert.ok(told[0]!.seen > 100);
  assert.deepEqual(told[0]!.streams, [{ number: 1, state: "fresh" }]);
  // Each graph counts on from frame to frame; the second one from the side packet again.
  const second = told.findIndex(({ streams }) => streams.length === 2);
  assert.ok(second > 0, Deno.inspect(summary));
  const last = told.at(-1)!;
  assert.equal(last.streams.at(-1)!.state, "fresh");
  for (const one of [told.slice(0, second), told.slice(second)]) {
    assert.ok(one.every(({ seen }, at) => at === 0 || seen > one[at - 1]!.seen), "it counts on");
  }
  assert.ok(told[second]!.seen < told[second - 1]!.seen, "the second begins anew");
  assert.equal(last.words, `${last.seen} seen`);
});

Deno.test("graphs of one server, each asked by a Sightline of its own", async (t) => {
  await using server = await withGraphs();
  await t.step(
    "a graph that answers every third frame costs the others alone, each of them counted",
    async () => {
      await using system = await run(server, "third", [
        ...["--api", "kserve_stream", "--use_case", "passthrough_image"],
      ]);
      const { frames, graph } = await system.more(20);
      // One in three of those that it was sent, of which up to four are under way.
      const found = Deno.inspect({ frames, graph });
      const answered = graph!.joined + graph!.late;
      const settled = frames.processed + frames.dropped.no_answer;
      assert.ok(settled + frames.in_flight >= 3 * answered, found);
      assert.ok(settled <= 3 * answered + 2 + 4, found);
      assert.equal(graph!.repeated + graph!.unasked + graph!.error, 0, found);
      const { summary } = await system.end();
      assert.equal(summary.frames.dropped.error, 0, Deno.inspect(summary));
    },
  );
  await t.step("the picture that a graph draws is the live view's", async () => {
    await using system = await run(server, "draw", ["--use_case", "passthrough_image"]);
    await system.more(3);
    const { width, height } = await pictureWith(system.port, isRed);
    assert.deepEqual([width, height], [480, 320]);
    await system.end();
  });
  await t.step(
    "the picture that a graph draws goes out, each in the place of the one that it was made of",
    async () => {
      const size = { width: 480, height: 320 };
      const { file } = await numberedClip({ ...size, fps: 25, frames: 150 });
      const out = await Deno.makeTempFile({ suffix: ".mp4" });
      try {
        const { code, stderr } = await sightlineResult([
          ...["annotate", file, "-y", "-o", out, "--ovms_url", `127.0.0.1:${server.grpcPort}`],
          ...["--model_name", "draw", "--use_case", "passthrough_image"],
        ]);
        assert.equal(code, 0, stderr);
        const pictures = await decodeFile(out, size);
        const numbers = pictures.map(({ data }) => frameNumber(data, size.width, size.height, 3));
        assert.deepEqual(numbers, Array.from({ length: 150 }, (_, number) => number));
        const drawn = pictures.filter((picture) =>
          colourAt(picture, size.width / 2, size.height / 4 + 1) > 100
        );
        assert.equal(drawn.length, 150);
      } finally {
        await Deno.remove(out);
      }
    },
  );
});

/** The stand-in draws a box in the middle: its upper edge is a quarter down. */
function isRed(image: Image): boolean {
  const [red, green, blue] = image.getRGBAAt(image.width / 2, image.height / 4 + 2);
  return red! > 150 && green! < 100 && blue! < 100;
}

/** The first picture of the live view for which that holds. */
async function pictureWith(port: number, holds: (image: Image) => boolean): Promise<Image> {
  const controller = new AbortController();
  const { body } = await fetch(`http://127.0.0.1:${port}/video_feed`, {
    signal: controller.signal,
  });
  let bytes = new Uint8Array();
  try {
    for await (const chunk of body!) {
      bytes = new Uint8Array([...bytes, ...chunk]);
      const begin = indexOf(bytes, [0xff, 0xd8, 0xff], 0);
      const end = begin < 0 ? -1 : indexOf(bytes, [0xff, 0xd9], begin);
      if (end < 0) continue;
      const image = await Image.decode(bytes.slice(begin, end + 2)) as Image;
      if (holds(image)) return image;
      bytes = bytes.slice(end + 2);
    }
  } finally {
    controller.abort();
  }
  throw new Error("Cannot see the picture: the live view has ended");
}

function indexOf(bytes: Uint8Array, pattern: readonly number[], from: number): number {
  for (let at = from; at + pattern.length <= bytes.byteLength; at++) {
    if (pattern.every((byte, index) => bytes[at + index] === byte)) return at;
  }
  return -1;
}
