import assert from "node:assert/strict";
import type { Region } from "../../frame/frame.ts";
import { collectLog } from "../../../tests/support/log_lines.ts";
import { isolations, smallFrame, withPlugin } from "../../../tests/support/with_plugin.ts";

const box = "{ x: 0, y: 0, width: 1, height: 1 }";
const found = `{ detections: [{ label: "a", labelId: 0, confidence: 1, box: ${box} }] }`;
const region: Region = { x: -0.5, y: 0, width: 2, height: 1 };
const letterbox: Region = { x: 0, y: 0.25, width: 1, height: 0.5 };
const whole: Region = { x: 0, y: 0, width: 1, height: 1 };

/** Of ten frames, how often the log warned. */
async function warnings(
  contentRect: Region,
  useCase: string,
  isolation: (typeof isolations)[number] = "process",
): Promise<number> {
  using log = collectLog("plugin");
  const { logger, levelled: lines } = log;
  await withPlugin(
    isolation,
    `export default (_options, context) => (${useCase});`,
    async (open) => {
      const host = await open(undefined, {}, logger);
      for (let sequence = 0; sequence < 10; sequence++) {
        const frame = { ...smallFrame(sequence), contentRect };
        const inputs = await host.preprocess(frame);
        await host.postprocess(inputs!, frame);
      }
    },
  );
  return lines.filter((line) => /^warning: .*never looked at frame\.contentRect/.test(line)).length;
}

for (const isolation of isolations) {
  Deno.test(`${isolation} host: boxes without a look at where the picture lies are warned of once`, async () => {
    assert.equal(await warnings(region, `{ postprocess: () => (${found}) }`, isolation), 1);
  });
}

const cases: [what: string, contentRect: Region, useCase: string, expected: number][] = [
  ["in a letterbox", letterbox, `{ postprocess: () => (${found}) }`, 1],
  [
    "where it packs its frames",
    region,
    `{ preprocess: (frame) => context.pack(frame), postprocess: () => (${found}) }`,
    1,
  ],
  ["in the whole picture", whole, `{ postprocess: () => (${found}) }`, 0],
  ["without boxes", region, `{ postprocess: () => ({ data: 1 }) }`, 0],
  ["with a look in postprocess", region, `{ postprocess: (_, { contentRect }) => (${found}) }`, 0],
  [
    "with a look at a copy",
    region,
    `{ postprocess: (_, frame) => [{ ...frame }, ${found}][1] }`,
    0,
  ],
  [
    "with a look in preprocess",
    region,
    `{
      preprocess: ({ contentRect, data }) => ({ image: { datatype: "UINT8", shape: [1, 2, 2, 3], data } }),
      postprocess: () => (${found}),
    }`,
    0,
  ],
];

for (const [what, contentRect, useCase, expected] of cases) {
  Deno.test(`PictureWatch warns ${expected === 0 ? "not" : "once"} ${what}`, async () => {
    assert.equal(await warnings(contentRect, useCase), expected);
  });
}
