import assert from "node:assert/strict";
import { collectLog } from "../../../tests/support/log_lines.ts";
import { poll } from "../../../tests/support/poll.ts";
import { isolations, smallFrame, withPlugin } from "../../../tests/support/with_plugin.ts";

for (const isolation of isolations) {
  Deno.test(`${isolation} host: a use case without preprocess gets its frames packed`, () =>
    withPlugin(
      isolation,
      `export default (options, context) => ({
         postprocess: (outputs, frame) => ({
           data: [options.a, context.stream, frame.sequence, [...outputs.y.data]],
         }),
       });`,
      async (open) => {
        const host = await open({ a: 1 });
        assert.equal(host.name, "plugin");
        assert.deepEqual(host.format, {
          width: 2,
          height: 2,
          pixelFormat: "bgr24",
          fit: "stretch",
        });
        const frame = smallFrame();
        const inputs = await host.preprocess(frame);
        assert.equal(inputs?.["image"]?.data, frame.data);
        const y = Float32Array.of(9, 1, 2).subarray(1);
        const outputs = { y: { datatype: "FP32", shape: [2], data: y } } as const;
        assert.deepEqual(await host.postprocess(outputs, frame), { data: [1, "s", 0, [1, 2]] });
        assert.equal(host.visualize, undefined);
      },
    ));

  Deno.test(`${isolation} host: a use case prepares tensors, skips, packs and draws`, () =>
    withPlugin(
      isolation,
      `export default (_options, { pack }) => ({
         preprocess: (frame) => frame.sequence === 1 ? null : pack(frame),
         postprocess: () => ({}),
         visualize: (picture, analysis) => { picture.data[0] = analysis.data; },
       });`,
      async (open) => {
        const host = await open();
        assert.equal(await host.preprocess(smallFrame(1)), null);
        const inputs = await host.preprocess(smallFrame());
        assert.deepEqual(inputs?.["image"], {
          datatype: "UINT8",
          shape: [1, 2, 2, 3],
          data: smallFrame().data,
        });
        const picture = { width: 1, height: 1, data: new Uint8Array(4) };
        await host.visualize?.(picture, { data: 9 });
        assert.equal(picture.data[0], 9);
      },
    ));

  Deno.test(`${isolation} host: large tensors and pictures come whole and in order`, () =>
    withPlugin(
      isolation,
      `export default () => ({
         preprocess: ({ sequence, data }) => ({
           whole: { datatype: "UINT8", shape: [data.length], data },
           end: { datatype: "INT32", shape: [2], data: Int32Array.of(sequence, data.at(-1)) },
         }),
         postprocess: ({ whole }) => ({ data: [whole.data.length, whole.data.at(-1)] }),
         visualize: ({ data }) => { data.fill(data[0] + 1); },
       });`,
      async (open) => {
        const host = await open();
        const side = 700;
        const answers = Array.from({ length: 4 }, (_, sequence) => {
          const data = new Uint8Array(side * side * 3).fill(sequence);
          return host.preprocess({ ...smallFrame(sequence), width: side, height: side, data });
        });
        for (const [sequence, answer] of answers.entries()) {
          const { whole, end } = (await answer)!;
          const outputs = { whole: whole! };
          assert.deepEqual(end?.data, Int32Array.of(sequence, sequence));
          assert((whole?.data as Uint8Array).every((byte) => byte === sequence));
          assert.deepEqual(await host.postprocess(outputs, smallFrame(sequence)), {
            data: [side * side * 3, sequence],
          });
        }
        const picture = { width: side, height: side, data: new Uint8Array(side * side * 4) };
        await host.visualize?.(picture, {});
        assert(picture.data.every((byte) => byte === 1));
      },
    ));

  Deno.test(`${isolation} host: calls that overlap get their own answers`, () =>
    withPlugin(
      isolation,
      `export default () => ({
         preprocess: async (frame) => {
           await new Promise((resolve) => setTimeout(resolve, 30 - frame.sequence * 10));
           return { n: { datatype: "INT32", shape: [], data: Int32Array.of(frame.sequence) } };
         },
         postprocess: () => ({}),
       });`,
      async (open) => {
        const host = await open();
        const tensors = await Promise.all([0, 1, 2].map((n) => host.preprocess(smallFrame(n))));
        assert.deepEqual(tensors.map((inputs) => [...inputs!["n"]!.data]), [[0], [1], [2]]);
      },
    ));

  Deno.test(`${isolation} host: an answer may come at once, or later in any way`, () =>
    withPlugin(
      isolation,
      `export default () => {
         const ways = [
           (analysis) => analysis,
           (analysis) => Promise.resolve(analysis),
           (analysis) => ({ then: (resolve) => { setTimeout(resolve, 5, analysis); } }),
           () => { throw new RangeError("thrown"); },
           () => Promise.reject(new RangeError("rejected")),
         ];
         return {
           preprocess: ({ sequence }) => ways[sequence](null),
           postprocess: (_, { sequence }) => ways[sequence]({ data: sequence }),
           visualize: (_, { data }) => ways[data](),
         };
       };`,
      async (open) => {
        const host = await open();
        const picture = { width: 1, height: 1, data: new Uint8Array(4) };
        for (const sequence of [0, 1, 2]) {
          assert.equal(await host.preprocess(smallFrame(sequence)), null);
          assert.deepEqual(await host.postprocess({}, smallFrame(sequence)), { data: sequence });
          await host.visualize?.(picture, { data: sequence });
        }
        for (const [sequence, message] of [[3, "thrown"], [4, "rejected"]] as const) {
          const failure = { name: "UseCaseError", message };
          await assert.rejects(async () => await host.preprocess(smallFrame(sequence)), failure);
          await assert.rejects(
            async () => await host.postprocess({}, smallFrame(sequence)),
            failure,
          );
          await assert.rejects(
            async () => await host.visualize?.(picture, { data: sequence }),
            failure,
          );
        }
      },
    ));

  Deno.test(`${isolation} host: a plugin that reads frame.picture is told its new name`, () =>
    withPlugin(
      isolation,
      `export default () => ({
         preprocess: ({ picture }) => null,
         postprocess: (_, frame) => ({ data: frame.picture }),
       });`,
      async (open) => {
        const host = await open();
        const failure = {
          name: "UseCaseError",
          message: "frame.picture is called frame.contentRect now",
        };
        await assert.rejects(async () => await host.preprocess(smallFrame(0)), failure);
        await assert.rejects(async () => await host.postprocess({}, smallFrame(1)), failure);
      },
    ));

  Deno.test(`${isolation} host: dispose is called at the end`, async () => {
    using log = collectLog("plugin");
    const { logger, levelled: lines } = log;
    await withPlugin(
      isolation,
      `export default (_, context) => ({
         postprocess: () => ({}), dispose: () => context.log("warning", "goodbye"),
       });`,
      async (open) => {
        const host = await open(undefined, {}, logger);
        await host[Symbol.asyncDispose]();
      },
    );
    assert.deepEqual(lines, ["warning: goodbye"]);
  });

  Deno.test(`${isolation} host: it says what is wrong with a plugin`, async () => {
    const cases: [string, RegExp][] = [
      [`export default (`, /^Cannot load plugin .*plugin.*(Expression expected|Unexpected eof)/],
      [`throw new Error("at load")`, /^Cannot load plugin plugin: .*at load/],
      [`export const a = 1;`, /default export is missing, it must be a function that returns/],
      [
        `export default class A { postprocess() {} }`,
        /default export is a class, it must be a func/,
      ],
      [`export default { postprocess() {} };`, /default export is of type object, it must be a f/],
      [
        `export default () => {};`,
        /^Cannot make use case plugin: its factory returned undefined, it/,
      ],
      [
        `export default () => ({});`,
        /^Cannot make use case plugin: postprocess is missing, it must/,
      ],
      [
        `export default () => ({ postprocess() {}, visualize: 3 });`,
        /^Cannot make use case plugin: visualize is number, it must be a method$/,
      ],
      [
        `export default () => { throw new RangeError("threshold is 7, allowed is 0 to 1"); };`,
        /^Cannot make use case plugin: threshold is 7, allowed is 0 to 1$/,
      ],
      [
        `export default () => ({ input: { layout: "nhwc" }, postprocess() {} });`,
        /^Cannot make use case plugin: input.layout must be NHWC or NCHW$/,
      ],
      [
        `export default () => ({ outputs: "res", postprocess() {} });`,
        /^Cannot make use case plugin: outputs must be a list of up to 4096 names$/,
      ],
      [
        `export default () => ({ input: { width: 7 }, postprocess() {} });`,
        /Cannot feed input "image": the use case sends width 7, the model takes 2$/,
      ],
    ];
    for (const [code, message] of cases) {
      await withPlugin(
        isolation,
        code,
        (open) => assert.rejects(open(), { name: "UseCaseError", message }),
      );
    }
  });
}

for (const isolation of isolations) {
  Deno.test(`${isolation} host: what goes wrong in dispose() is told, and no more`, async () => {
    using log = collectLog("plugin");
    await withPlugin(
      isolation,
      `export default () => ({
         postprocess: () => ({}), dispose: () => { throw new Error("not so"); },
       });`,
      async (open) => {
        const host = await open(undefined, {}, log.logger);
        await host[Symbol.asyncDispose]();
        await host[Symbol.asyncDispose]();
      },
    );
    assert.equal(log.levelled.length, 1);
    assert.match(
      log.levelled[0]!,
      /^warning: It failed in dispose\(\): not so, at dispose \(.*plugin\.ts:3:\d+\)$/,
    );
  });

  Deno.test(`${isolation} host: log() knows console's names of levels too`, async () => {
    using log = collectLog("plugin");
    await withPlugin(
      isolation,
      `export default (_, { log }) => ({
         postprocess: () => ["warn", "warning", "log", "loud", "toString"].forEach((it) => log(it, it)),
       });`,
      async (open) => {
        const host = await open(undefined, {}, log.logger);
        await assert.rejects(async () => await host.postprocess({}, smallFrame()));
      },
    );
    assert.deepEqual(log.levelled.slice(-5), [
      ...["warning: warn", "warning: warning", "info: log", "info: loud", "info: toString"],
    ]);
  });

  Deno.test(`${isolation} host: an access that is refused is told with how it is granted`, async () => {
    await withPlugin(
      isolation,
      `export default () => ({ postprocess: () => Deno.readTextFileSync("/etc/hostname") });`,
      async (open) => {
        const host = await open();
        await assert.rejects(async () => await host.postprocess({}, smallFrame()), {
          message: 'Requires read access to "/etc/hostname", which has to be asked for ' +
            "(export const permissions) and granted (--allow_plugin read=…)",
        });
      },
    );
  });

  Deno.test(`${isolation} host: what a plugin says has no secrets, not even cut in two`, async () => {
    using log = collectLog("plugin");
    await withPlugin(
      isolation,
      `export default (options, context) => {
         if (options) throw new TypeError("no login at rtsp://ada:s3cret@cam/live");
         return {
           postprocess() {
             console.log({ apiKey: "s3cret" }, "rtsp://ada:s3cret@cam/live");
             context.log("warning", "x".repeat(1985) + " token=s3cret");
             throw new Error("http://cam/picture?pwd=s3cret says no");
           },
         };
       };`,
      async (open) => {
        const host = await open(undefined, {}, log.logger);
        await assert.rejects(async () => await host.postprocess({}, smallFrame()), {
          message: "http://cam/picture?pwd=*** says no",
        });
        await assert.rejects(open({ a: 1 }), {
          message: "Cannot make use case plugin: no login at rtsp://ada:***@cam/live",
        });
      },
    );
    assert.equal(log.levelled.length, 2, log.levelled.join("\n"));
    assert.match(
      log.levelled[0]!,
      /^info: \{ apiKey: ['"]\*\*\*['"] \} rtsp:\/\/ada:\*\*\*@cam\/live/,
    );
    assert.match(log.levelled[1]!, /^warning: x{1985} token=\*\*\*$/);
  });

  Deno.test(`${isolation} host: a use case that starts again is told of the stream before its next result`, () =>
    withPlugin(
      isolation,
      `export default () => {
         const told = [];
         return {
           session: async (stream) => { await 0; told.push(stream.number); },
           postprocess: (_, { sequence }) => {
             if (sequence === 1) setTimeout(() => Deno.exit(1), 0);
             return { data: told };
           },
         };
       };`,
      async (open) => {
        const host = await open();
        await host.session?.({ number: 1, state: "fresh" });
        await host.session?.({ number: 2, state: "fresh" });
        assert.deepEqual(await host.postprocess({}, smallFrame(0)), { data: [1, 2] });
        await host.postprocess({}, smallFrame(1));
        await poll("it works again", async () => {
          try {
            return ((await host.postprocess({}, smallFrame(2))).data as number[]).length === 1;
          } catch {
            return false;
          }
        });
        assert.deepEqual(await host.postprocess({}, smallFrame(3)), { data: [2] });
      },
    ));
}
