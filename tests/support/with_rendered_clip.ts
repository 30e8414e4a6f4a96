/** A clip that ffmpeg draws, for as long as it is needed. */

import assert from "node:assert/strict";

/** Renders what a lavfi graph shows; H.264 in MP4. */
export async function withRenderedClip(
  graph: string,
  seconds: number,
): Promise<AsyncDisposable & { readonly file: string }> {
  const folder = await Deno.makeTempDir({ prefix: "sightline_clip_" });
  const file = `${folder}/clip.mp4`;
  const { success, stderr } = await new Deno.Command("ffmpeg", {
    args: [
      ...["-v", "error", "-f", "lavfi", "-i", graph, "-t", String(seconds)],
      ...["-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-g", "25", file],
    ],
  }).output();
  assert.ok(success, new TextDecoder().decode(stderr));
  return {
    file,
    async [Symbol.asyncDispose]() {
      await Deno.remove(folder, { recursive: true });
    },
  };
}
