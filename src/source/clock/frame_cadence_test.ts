import assert from "node:assert/strict";
import { FrameCadence } from "./frame_cadence.ts";

function observe(cadence: FrameCadence, count: number): void {
  for (let beat = 0; beat < count; beat++) {
    cadence.packet();
    cadence.frame();
  }
}

Deno.test("FrameCadence expects a frame after a packet once eight packets became frames", () => {
  const cadence = new FrameCadence(true);
  observe(cadence, 7);
  cadence.packet();
  assert.equal(cadence.frameIsNext, false);
  cadence.frame();
  assert.equal(cadence.frameIsNext, false, "a packet comes next");
  cadence.packet();
  assert.equal(cadence.frameIsNext, true);
});

Deno.test("FrameCadence expects nothing after two packets without a frame between them", () => {
  const cadence = new FrameCadence(true);
  observe(cadence, 20);
  cadence.packet();
  cadence.packet();
  assert.equal(cadence.frameIsNext, false);
  cadence.frame();
  observe(cadence, 6);
  cadence.packet();
  assert.equal(cadence.frameIsNext, false);
});

Deno.test("FrameCadence of a file expects frame after frame", () => {
  const cadence = new FrameCadence(false);
  for (let frame = 0; frame < 8; frame++) {
    assert.equal(cadence.frameIsNext, false);
    cadence.frame();
  }
  assert.equal(cadence.frameIsNext, true);
});

Deno.test("FrameCadence of a camera expects no frame before its packet", () => {
  const cadence = new FrameCadence(true);
  for (let frame = 0; frame < 20; frame++) cadence.frame();
  assert.equal(cadence.frameIsNext, false);
  cadence.packet();
  assert.equal(cadence.frameIsNext, true);
});
