/** The child that a compiled binary starts for a plugin, spoken to as its host does. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { wholePicture } from "../src/frame/frame.ts";
import { fromPipe, toPipe } from "../src/use_case/wire/pipe_frames.ts";

Deno.test("plugin_child: a plugin answers over the pipes, from a Worker without permissions", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const plugin = join(folder, "plugin.js");
    await Deno.writeTextFile(
      plugin,
      `export default () => ({ postprocess() { return Deno.readTextFileSync("/etc/passwd"); } });`,
    );
    const main = fileURLToPath(new URL("../main.ts", import.meta.url));
    await using child = new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", main, "plugin_child", pathToFileURL(plugin).href, "{}", "512"],
      stdin: "piped",
      stdout: "piped",
      stderr: "null",
    }).spawn();
    const reader = child.stdout.getReader({ mode: "byob" });
    const writer = child.stdin.getWriter();
    const say = async (message: object) => {
      const { onPipe } = toPipe({ header: JSON.stringify(message), buffers: [] });
      for (const part of onPipe) await writer.write(part);
    };
    const hear = async () => {
      const message = await fromPipe(async (byteLength) => {
        if (byteLength === 0) return new Uint8Array();
        const { value } = await reader.read(new Uint8Array(byteLength), { min: byteLength });
        return value ?? null;
      });
      return JSON.parse(message!.header);
    };
    assert.deepEqual(await hear(), { type: "evaluated", problem: null });
    const inputs = [{ name: "image", datatype: "UINT8", shape: [1, 2, 2, 3] }];
    const model = { name: "m", inputs, outputs: [] };
    await say({ type: "load", stream: "s", model, binaryInput: false });
    assert.equal((await hear()).type, "ready");
    await say({ type: "postprocess", id: 7, frame: { contentRect: wholePicture }, tensors: [] });
    const { type, id, message } = await hear();
    assert.deepEqual([type, id], ["failed", 7]);
    assert.match(message, /Requires read access/);
    await writer.close();
    await reader.cancel();
    assert.equal((await child.status).code, 0);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
