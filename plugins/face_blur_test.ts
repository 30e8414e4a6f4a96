import assert from "node:assert/strict";
import faceBlur, { type Options } from "./face_blur.ts";
import { context, frameInfo, ssd, type SsdRow } from "./parts/testing.ts";

const [width, height] = [40, 20];

/** A picture in which no two neighbours are alike. */
function noise() {
  const data = Uint8Array.from(
    { length: width * height * 4 },
    (_, at) => at % 4 === 3 ? 255 : (at * 2_654_435_761 >>> 7) & 255,
  );
  return { width, height, data };
}

/** Differences between neighbours in a row, summed up over a part of the picture. */
function detail({ data }: { data: Uint8Array }, left: number, right: number): number {
  let sum = 0;
  for (let y = 5; y < 15; y++) {
    for (let x = left; x + 1 < right; x++) {
      const at = (y * width + x) * 4;
      sum += Math.abs(data[at]! - data[at + 4]!);
    }
  }
  return sum;
}

// From pixel 10 to 30, from row 5 to 15.
const person: SsdRow = [1, 0.9, 0.25, 0.25, 0.75, 0.75];

for (const style of ["pixelate", "blur", "fill"] as const) {
  Deno.test(`face_blur hides a box, and nothing beside it: ${style}`, async () => {
    const useCase = await faceBlur({ style, margin: 0, blocks: 2 }, context);
    const analysis = await useCase.postprocess(ssd(person), frameInfo());
    const [before, after] = [noise(), noise()];
    await useCase.visualize!(after, analysis);
    const share = detail(after, 10, 30) / detail(before, 10, 30);
    assert.ok(share < 0.2, `${share} of the detail is left`);
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        const inside = x >= 10 && x < 30 && y >= 5 && y < 15;
        const at = (y * width + x) * 4;
        if (!inside) assert.deepEqual(after.data.slice(at, at + 4), before.data.slice(at, at + 4));
        assert.equal(after.data[at + 3], 255);
      }
    }
  });
}

async function hidden(options: Options, frames: SsdRow[][]) {
  const useCase = await faceBlur(options, context);
  const boxes: unknown[] = [];
  for (const [sequence, rows] of frames.entries()) {
    const { data } = await useCase.postprocess(ssd(...rows), frameInfo(sequence));
    boxes.push((data as { hidden: unknown[] }).hidden.length);
  }
  return boxes;
}

Deno.test("face_blur keeps a box hidden for a while after it was last seen", async () => {
  // At 40 ms a frame: what was seen at 0 is hidden up to and with 80 ms.
  assert.deepEqual(await hidden({ holdMs: 80 }, [[person], [], [], [], []]), [1, 1, 1, 0, 0]);
  assert.deepEqual(await hidden({ holdMs: 0 }, [[person], [person], []]), [1, 1, 0]);
});

Deno.test("face_blur hides the labels that are wanted, and as much of a box as is wanted", async () => {
  const bike: SsdRow = [2, 0.9, 0, 0, 0.1, 0.1];
  assert.deepEqual(await hidden({}, [[person, bike]]), [1]);
  assert.deepEqual(await hidden({ labels: ["person", "bike"] }, [[person, bike]]), [2]);
  const useCase = await faceBlur({ upper: 0.5, margin: 0 }, context);
  const { data, detections } = await useCase.postprocess(ssd(person), frameInfo());
  assert.deepEqual(data, { hidden: [{ x: 0.25, y: 0.25, width: 0.5, height: 0.25 }] });
  assert.equal(detections?.[0]?.box.height, 0.5);
});

Deno.test("face_blur hides a box that reaches beyond the picture, and is empty", async () => {
  const useCase = await faceBlur({}, context);
  const rows: SsdRow[] = [[1, 0.9, -0.5, -0.5, 1.5, 1.5], [1, 0.9, 0.5, 0.5, 0.5, 0.5]];
  for (const style of ["pixelate", "blur", "fill"] as const) {
    const analysis = await useCase.postprocess(ssd(...rows), frameInfo());
    const other = await faceBlur({ style }, context);
    await other.visualize!(noise(), analysis);
  }
});

Deno.test("face_blur refuses what is out of range", async () => {
  await assert.rejects(
    async () => await faceBlur({ style: "hide" } as unknown as Options, context),
    {
      message: 'style is "hide", allowed is "pixelate" or "blur" or "fill"',
    },
  );
});
