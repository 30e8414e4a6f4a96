import assert from "node:assert/strict";
import { drawTurned } from "./player.js";
import { writeMatrix } from "../../../frame/track_matrix.ts";

type Transform = readonly [a: number, b: number, c: number, d: number];

/** A canvas's context, as far as it knows where the corners of a picture go. */
class FakeContext {
  #now: Transform = [1, 0, 0, 1];
  /** Of what was drawn, around its middle. */
  drawn: Transform | null = null;
  save(): void {}
  restore(): void {}
  translate(): void {}
  rotate(radians: number): void {
    const [cos, sin] = [Math.cos(radians), Math.sin(radians)];
    this.#apply([cos, sin, -sin, cos]);
  }
  scale(x: number, y: number): void {
    this.#apply([x, 0, 0, y]);
  }
  drawImage(): void {
    this.drawn = this.#now.map(Math.round) as unknown as Transform;
  }
  #apply([a, b, c, d]: Transform): void {
    const [e, f, g, h] = this.#now;
    this.#now = [e * a + g * b, f * a + h * b, e * c + g * d, f * c + h * d];
  }
}

Deno.test("the browser turns and mirrors pictures as players do what an MP4's matrix says", () => {
  for (const flipped of [false, true]) {
    for (const turn of [0, 90, 180, 270]) {
      const context = new FakeContext();
      drawTurned(context, {}, 320, 180, turn, flipped);
      const bytes = new Uint8Array(36);
      writeMatrix(bytes, 0, { turn, flipped });
      const view = new DataView(bytes.buffer);
      const expected = [0, 4, 12, 16].map((at) => view.getInt32(at) / 65536);
      assert.deepEqual(context.drawn!.map((value) => value + 0), expected, `${turn} ${flipped}`);
    }
  }
});
