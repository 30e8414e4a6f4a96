import assert from "node:assert/strict";
import { pathToFileURL } from "node:url";
import { collectLog } from "../../tests/support/log_lines.ts";
import { poll } from "../../tests/support/poll.ts";
import { ModuleWatch } from "./module_watch.ts";

Deno.test("ModuleWatch follows a module into a folder that is missing, made, removed and made again", async () => {
  using log = collectLog("watch");
  const folder = await Deno.makeTempDir();
  try {
    const entry = `${folder}/door.ts`;
    const write = (code: string) => Deno.writeTextFile(entry, code);
    await write("export default 1;");
    let saves = 0;
    const saved = (count: number) => poll(`save ${count}`, () => saves === count);
    await using _watch = await ModuleWatch.open(
      pathToFileURL(entry).href,
      log.logger,
      () => Promise.resolve(void saves++),
    );
    await write('export { a as default } from "./parts/inner/part.ts";');
    await saved(1);
    const make = async (code: string) => {
      await Deno.mkdir(`${folder}/parts/inner`, { recursive: true });
      await Deno.writeTextFile(`${folder}/parts/inner/part.ts`, code);
    };
    await make("export const a = 1;");
    await saved(2);
    await make("export const a = 2;");
    await saved(3);
    await Deno.remove(`${folder}/parts`, { recursive: true });
    await saved(4);
    await make("export const a = 3;");
    await saved(5);
    assert.deepEqual(log.levelled, []);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
