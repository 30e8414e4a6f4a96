/** An error of a plugin names the lines that its author wrote. */

import assert from "node:assert/strict";
import { collectLog } from "../../tests/support/log_lines.ts";
import { isolations, smallFrame, withPlugin } from "../../tests/support/with_plugin.ts";
import type { UseCaseError } from "./use_case_error.ts";

/** Types that take lines, and go; the helper stands on line 10 once `withPlugin` has put one before. */
const types = `
interface Options {
  readonly a: number;
}

enum Color { Red, Green }

function helper(x: { y?: { z: number } }): number { const color = Color.Green;
  return x.y!.z + color;
}
`;
const sources = {
  "in place": `${types}
export default (options: Options) => ({ postprocess: () => ({ data: helper({}) }) });`,
  "linked": `import { iou } from "@sightline/sightline";${types}
export default (options: Options) => ({ postprocess: async () => { await 0; return { data: helper({}), iou }; } });`,
};

for (const isolation of isolations) {
  for (const [how, source] of Object.entries(sources)) {
    Deno.test(`${isolation} trace: an error of a plugin that runs ${how} names its author's lines`, async () => {
      const cacheDir = await Deno.makeTempDir();
      try {
        await withPlugin(isolation, source, async (open, path) => {
          const host = await open({}, { cacheDir });
          const error = await failureOf(async () => await host.postprocess({}, smallFrame()));
          assert.match(error.message, /Cannot read properties of undefined \(reading 'z'\)/);
          const [inner, outer] = error.trace;
          assert.match(inner ?? "", /^helper \(.*\/plugin\.ts:10:\d+\)$/);
          assert.match(outer ?? "", /^postprocess \(.*\/plugin\.ts:13:\d+\)$/);
          assert(inner!.includes(path), String(inner));
          assert.equal(error.trace.length, 2);
        });
      } finally {
        await Deno.remove(cacheDir, { recursive: true });
      }
    });
  }

  Deno.test(`${isolation} trace: a mistake in a factory names its line, a refusal only says why`, () =>
    withPlugin(
      isolation,
      `export default ({ wrong }) => {
         if (wrong) throw new RangeError("threshold is 7");
         return nothing.postprocess;
       };`,
      async (open) => {
        const mistake = await failureOf(() => open({}));
        assert.match(mistake.trace[0] ?? "", /plugin\.ts:4:\d+\)$/);
        assert.deepEqual((await failureOf(() => open({ wrong: true }))).trace, []);
      },
    ));

  Deno.test(`${isolation} trace: an error that is printed shows its author's frames alone`, async () => {
    using log = collectLog("plugin");
    const { logger, levelled: lines } = log;
    await withPlugin(
      isolation,
      `import { iou } from "@sightline/sightline";
       interface Note { readonly text: string }
       function fault(): Error { return new Error("no row", { cause: new Error("no file") }); }
       export default (_: Note, { log }) => ({
         postprocess() {
           console.error("seen:", fault(), iou.length);
           log("error", fault().stack);
           console.error({ first: { second: fault() } });
           return {};
         },
       });`,
      async (open) => {
        const host = await open(undefined, {}, logger);
        await host.postprocess({}, smallFrame());
      },
    );
    const told = lines.filter((line) => line.startsWith("error: "));
    const [printed = "", logged = "", nested = ""] = told;
    const ofFault =
      /, at fault \(.*\/plugin\.ts:4:\d+\), at postprocess \(.*\/plugin\.ts:\d+:\d+\)/;
    assert.match(
      printed,
      /^error: seen: Error: no row \{\s+\[cause\]: Error: no file\s+\} 2, at fault /,
    );
    assert.match(logged, /^error: Error: no row, at fault /);
    assert.match(
      nested,
      /^error: \{\s+first: \{\s+second: Error: no row \{\s+\[cause\]: Error: no file/,
    );
    for (const line of [printed, logged, nested]) {
      assert.match(line, ofFault);
      assert.doesNotMatch(line, /guest|ext:|\.mjs|async_hooks|matching cause/);
    }
    assert.equal(told.length, 3);
  });

  Deno.test(`${isolation} trace: an uncaught error names its line`, async () => {
    using log = collectLog("plugin");
    const { logger, levelled: lines } = log;
    await withPlugin(
      isolation,
      `export default () => ({
         async postprocess() {
           setTimeout(() => nothing.at.all, 0);
           await new Promise((resolve) => setTimeout(resolve, 20));
           return {};
         },
       });`,
      async (open) => {
        const host = await open(undefined, {}, logger);
        await host.postprocess({}, smallFrame());
      },
    );
    assert.match(
      lines.join("\n"),
      /error: Uncaught error: nothing is not defined, at \/.*plugin\.ts:4:\d+$/m,
    );
  });

  Deno.test(`${isolation} trace: a name that Sightline does not export is told with the nearest and its place`, async () => {
    await withPlugin(
      isolation,
      `import { nmss } from "@sightline/sightline";
       export default () => ({ postprocess: () => ({ data: nmss }) });`,
      async (open) => {
        const { message, trace } = await failureOf(open);
        assert.match(
          message,
          /^Cannot load plugin plugin: it imports "nmss", which @sightline\/sightline does not export, did you mean nms\?$/,
        );
        assert.match(trace?.join() ?? "", /plugin\.ts:2:10$/);
      },
    );
  });

  for (const [how, first] of [["in place", ""], ["linked", 'import "@sightline/sightline";']]) {
    Deno.test(`${isolation} trace: a name that a file of a plugin that runs ${how} lacks is told with its place`, async () => {
      await withPlugin(
        isolation,
        `${first}import { b } from "./part.ts";
         export default () => ({ postprocess: () => ({ data: b }) });`,
        async (open, path) => {
          await Deno.writeTextFile(path.replace("plugin.ts", "part.ts"), "export const a = 1;");
          const { message, trace } = await failureOf(open);
          const from = how === "linked" ? "the file that it names" : "./part.ts";
          assert.equal(
            message,
            `Cannot load plugin plugin: it imports "b", which ${from} does not export`,
          );
          assert.match(trace?.join() ?? "", /plugin\.ts:2:\d+$/);
        },
      );
    });
  }

  Deno.test(`${isolation} trace: an uncaught error that comes again and again is told once, then counted`, async () => {
    using log = collectLog("plugin");
    const { logger, levelled: lines } = log;
    await withPlugin(
      isolation,
      `export default () => ({
         async postprocess() {
           for (let n = 0; n < 15; n++) setTimeout(() => { throw new Error("no row " + n); }, 0);
           await new Promise((resolve) => setTimeout(resolve, 50));
           return {};
         },
         dispose() {},
       });`,
      async (open) => {
        const host = await open(undefined, {}, logger);
        await host.postprocess({}, smallFrame());
        await host[Symbol.asyncDispose]();
      },
    );
    const told = lines.filter((line) => line.includes("no row"));
    assert.match(told[0] ?? "", /^error: Uncaught error: no row 0, at /);
    assert.match(told[1] ?? "", /^error: Uncaught error \(14 times\): no row 14, at /);
    assert.equal(told.length, 2);
  });
}

async function failureOf(attempt: () => Promise<unknown>): Promise<UseCaseError> {
  try {
    await attempt();
  } catch (error) {
    return error as UseCaseError;
  }
  throw new Error("it did not fail");
}
