import assert from "node:assert/strict";
import { join } from "node:path";
import { getLogger } from "@logtape/logtape";
import type { DecodedPicture } from "../frame/decoded_picture.ts";
import { noGuard } from "../process_guard.ts";
import { poll } from "../../tests/support/poll.ts";
import { CameraOutputs } from "./camera_outputs.ts";

const size = { width: 64, height: 48 };
const tags = { range: "tv", space: "bt709", primaries: "bt709", transfer: "bt709" };

function pictureOf(number: number): DecodedPicture {
  const data = new Uint8Array(size.width * size.height * 1.5).fill(number);
  return { ...size, data, tags, pixels: "yuv420p", ptsMs: number * 40 };
}

Deno.test("CameraOutputs accounts for every picture that came, given to an output or not", async () => {
  const folder = await Deno.makeTempDir({ prefix: "sightline-output-" });
  const path = join(folder, "out.mp4");
  let hiding: string[] = [];
  const outputs = new CameraOutputs(
    [{ kind: "file", path, boxes: true, vtt: false, rotateS: null, rotateMb: null }],
    {
      ...{ camera: "door", guard: noGuard, logger: getLogger("test"), memoryMb: undefined },
      ...{ hwaccel: null, isPaced: false, isComplete: false, streams: () => ["door"] },
      draw: () => {},
      mustDraw: () => hiding,
    },
  );
  const pictures = outputs.pictures!;
  const [given, kept] = [15, 10];
  try {
    pictures.begin();
    // No more than are kept wait for their results.
    for (let number = 0; number < given; number++) pictures.write(pictureOf(number));
    for (let number = 0; number < given; number++) outputs.skip("door", number * 40);
    await poll("what was kept", () => outputs.counts()[0]!.written === kept);
    hiding = ["door"];
    pictures.write(pictureOf(given));
    outputs.skip("door", given * 40);
    await poll("what is hidden", () => outputs.counts()[0]!.withheld === 1);
    const [{ accepted, written, away, slow, undrawn, withheld } = assert.fail()] = outputs.counts();
    assert.deepEqual(
      { accepted, written, away, slow, undrawn, withheld },
      { accepted: given + 1, written: kept, away: 0, slow: 0, undrawn: given - kept, withheld: 1 },
    );
  } finally {
    await outputs[Symbol.asyncDispose]();
    await Deno.remove(folder, { recursive: true });
  }
});
