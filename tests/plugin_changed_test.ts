/** What a guest loads is what was looked at, also when it is started again. */

import assert from "node:assert/strict";
import { collectLog } from "./support/log_lines.ts";
import { poll } from "./support/poll.ts";
import { isolations, smallFrame, withPlugin } from "./support/with_plugin.ts";

const plugin = (value: number, more = "") =>
  `${more}
export default () => ({
  postprocess(_outputs, { sequence }) {
    if (sequence === 9) Deno.exit(1);
    return { data: ${value} };
  },
});`;

for (const isolation of isolations) {
  Deno.test(`a plugin that was changed is looked at before it starts again, in a ${isolation}`, async () => {
    using log = collectLog();
    const { logger, lines } = log;
    await withPlugin(isolation, plugin(1), async (open, path) => {
      const host = await open(undefined, {}, logger);
      const ask = async (sequence: number) => {
        const { data: _pixels, ...info } = smallFrame(sequence);
        return (await host.postprocess({}, info)).data;
      };
      assert.equal(await ask(0), 1);
      await Deno.writeTextFile(path, plugin(2, 'import "node:os";'));
      await assert.rejects(ask(9));
      await poll("the look refuses it", () => lines.some((line) => /"node:os"/.test(line)), 10_000);
      await assert.rejects(ask(0));
      await Deno.writeTextFile(path, plugin(3));
      await poll("it runs again", () => ask(0).then((data) => data === 3, () => false), 20_000);
    });
  });

  Deno.test(`a plugin finds no loader of Node's modules, in a ${isolation}`, async () => {
    const code = `const names = ["getBuiltin" + "Module", "binding", "mainModule"];
      const data = names.filter((name) => name in globalThis.process);
      export default () => ({ postprocess: () => ({ data }) });`;
    await withPlugin(isolation, code, async (open) => {
      const host = await open();
      const { data: _pixels, ...info } = smallFrame();
      assert.deepEqual((await host.postprocess({}, info)).data, []);
    });
  });
}
