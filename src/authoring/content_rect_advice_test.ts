import assert from "node:assert/strict";
import { type FrameInfo, type Region, wholePicture } from "../frame/frame.ts";
import { contentRectAdvice, isPart } from "./content_rect_advice.ts";

Deno.test("contentRectAdvice() is for plugins of which no module mentions where the picture lies", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const write = (name: string, text: string) => Deno.writeTextFile(`${folder}/${name}`, text);
    await write("part.ts", "export const boxOf = (box, frame) => box;");
    await write("plugin.ts", 'import { boxOf } from "./part.ts"; export default () => boxOf;');
    assert.match(await contentRectAdvice(`${folder}/plugin.ts`) ?? "", /never mentions/);
    for (const word of ["undoLetterbox(box, frame)", "frame.contentRect"]) {
      await write("part.ts", `export const boxOf = (box, frame) => ${word};`);
      assert.equal(await contentRectAdvice(`${folder}/plugin.ts`), null, word);
    }
    assert.equal(await contentRectAdvice("https://plugins.example/plugin.ts"), null);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("isPart() is true for a letterbox and a region, and false for the whole picture", () => {
  const frame = (contentRect: Region) => ({ contentRect }) as FrameInfo;
  assert.equal(isPart(frame(wholePicture)), false);
  for (const change of [{ x: -0.5 }, { y: 0.25 }, { width: 2 }, { height: 0.5 }]) {
    assert.equal(isPart(frame({ ...wholePicture, ...change })), true, JSON.stringify(change));
  }
});
