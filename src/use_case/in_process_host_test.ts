import assert from "node:assert/strict";
import { pathToFileURL } from "node:url";
import { getLogger } from "@logtape/logtape";
import { type Frame, wholePicture } from "../frame/frame.ts";
import { openInProcess } from "./in_process_host.ts";
import { pluginName } from "./load.ts";

const model = {
  name: "m",
  inputs: [{ name: "image", datatype: "UINT8", shape: [1, 2, 2, 3] }],
  outputs: [],
} as const;

const frame: Frame = {
  stream: "s",
  sequence: 0,
  ptsMs: 0,
  capturedAtMs: 0,
  width: 2,
  height: 2,
  pixelFormat: "bgr24",
  picture: wholePicture,
  data: new Uint8Array(12),
};

/** Writes a plugin into a folder of its own and opens it. */
async function withPlugin<T>(
  code: string,
  use: (open: (options?: unknown) => ReturnType<typeof openInProcess>, path: string) => Promise<T>,
): Promise<T> {
  const folder = await Deno.makeTempDir();
  const module = `${folder}/plugin.ts`;
  try {
    await Deno.writeTextFile(module, code);
    const logger = getLogger(["test"]);
    const rest = { stream: "s", model, binaryInput: false, logger };
    return await use((options) => openInProcess({ module, options, ...rest }), module);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("openInProcess() makes a use case that packs frames by itself", () =>
  withPlugin(
    `export default (options, context) => ({
       postprocess: (outputs, frame) => ({ data: [options.a, context.stream, frame.sequence] }),
     });`,
    async (open) => {
      await using host = await open({ a: 1 });
      assert.equal(host.name, "plugin");
      assert.deepEqual(host.format, {
        width: 2,
        height: 2,
        pixelFormat: "bgr24",
        fit: "stretch",
      });
      const inputs = await host.preprocess(frame);
      assert.equal(inputs?.["image"]?.data, frame.data);
      assert.deepEqual(await host.postprocess({}, frame), { data: [1, "s", 0] });
      assert.equal(host.visualize, undefined);
    },
  ));

Deno.test("openInProcess() lets a plugin prepare tensors, skip, pack and draw", () =>
  withPlugin(
    `export default (_options, { pack }) => ({
       preprocess: (frame) => frame.sequence === 1 ? null : pack(frame),
       postprocess: () => ({}),
       visualize: (picture) => { picture.data[0] = 9; },
     });`,
    async (open) => {
      await using host = await open();
      assert.equal(await host.preprocess({ ...frame, sequence: 1 }), null);
      assert.equal((await host.preprocess(frame))?.["image"]?.data, frame.data);
      const picture = { width: 1, height: 1, data: new Uint8Array(4) };
      await host.visualize?.(picture, {});
      assert.equal(picture.data[0], 9);
    },
  ));

Deno.test("openInProcess() calls dispose at the end", () =>
  withPlugin(
    `export default (options) => ({ postprocess: () => ({}), dispose: () => options.onDispose() });`,
    async (open) => {
      let disposed = 0;
      {
        await using _host = await open({ onDispose: () => disposed++ });
      }
      assert.equal(disposed, 1);
    },
  ));

Deno.test("openInProcess() says what is wrong with a plugin", async () => {
  const cases: [string, RegExp][] = [
    [`export default (`, /^Cannot load plugin .*plugin\.ts: .*Expression expected|Unexpected eof/],
    [`export const a = 1;`, /default export is missing, it must be a function that returns/],
    [`export default { postprocess() {} };`, /default export is of type object, it must be a func/],
    [`export default () => {};`, /^Cannot use plugin plugin: its factory returned undefined, it/],
    [`export default () => ({});`, /^Cannot use plugin plugin: postprocess is missing, it must be/],
    [
      `export default () => ({ postprocess() {}, visualize: 3 });`,
      /^Cannot use plugin plugin: visualize is number, it must be a method$/,
    ],
    [
      `export default () => { throw new RangeError("threshold is 7, allowed is 0 to 1"); };`,
      /^Cannot make use case plugin: threshold is 7, allowed is 0 to 1$/,
    ],
    [
      `export default () => ({ input: { width: 7 }, postprocess() {} });`,
      /^Cannot feed input "image": the use case sends width 7, the model takes 2$/,
    ],
  ];
  for (const [code, message] of cases) {
    await withPlugin(code, (open) => assert.rejects(open(), { name: "UseCaseError", message }));
  }
});

Deno.test("openInProcess() refuses an analysis that is out of bounds", async () => {
  const box = "{ x: 0, y: 0, width: 1, height: 1 }";
  const cases: [string, RegExp][] = [
    [`3`, /: postprocess returned number$/],
    [`null`, /: postprocess returned null$/],
    [`({ detections: {} })`, /: detections is no list$/],
    [
      `({ detections: [{ label: "a", labelId: 0, confidence: NaN, box: ${box} }] })`,
      /: detections\[0\]\.confidence is NaN, allowed is 0 to 1$/,
    ],
    [
      `({ detections: [{ label: "a", labelId: 0, confidence: 1, box: { x: NaN } }] })`,
      /: detections\[0\]\.box\.x is NaN, allowed is a finite number$/,
    ],
    [
      `({ classifications: [{ label: "a", labelId: 0.5, confidence: 1 }] })`,
      /: classifications\[0\]\.labelId is 0\.5, allowed is a whole number$/,
    ],
    [`({ detections: [{ label: 7 }] })`, /: detections\[0\]\.label is no string$/],
  ];
  for (const [analysis, message] of cases) {
    const source = message.source;
    await withPlugin(
      `export default () => ({ postprocess: () => (${analysis}) });`,
      async (open) => {
        await using host = await open();
        await assert.rejects(async () => await host.postprocess({}, frame), {
          name: "UseCaseError",
          message: new RegExp("^Cannot use the analysis of plugin" + source),
        });
      },
    );
  }
});

Deno.test("pluginName() is the file's name without its ending", () => {
  assert.equal(pluginName("plugins/person_vehicle_bike.ts"), "person_vehicle_bike");
  assert.equal(pluginName("https://example.com/a/count.v2.ts?x=1"), "count.v2");
  assert.equal(pluginName(pathToFileURL("/tmp/zone.js").href), "zone");
});
