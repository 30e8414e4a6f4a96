import assert from "node:assert/strict";
import { PacketRhythm } from "./packet_rhythm.ts";

function beats(rhythm: PacketRhythm, count: number): void {
  for (let beat = 0; beat < count; beat++) {
    rhythm.packet();
    rhythm.frame();
  }
}

Deno.test("PacketRhythm expects a frame after a packet once eight packets became frames", () => {
  const rhythm = new PacketRhythm(true);
  beats(rhythm, 7);
  rhythm.packet();
  assert.equal(rhythm.frameIsNext, false);
  rhythm.frame();
  assert.equal(rhythm.frameIsNext, false, "a packet comes next");
  rhythm.packet();
  assert.equal(rhythm.frameIsNext, true);
});

Deno.test("PacketRhythm expects nothing after two packets without a frame between them", () => {
  const rhythm = new PacketRhythm(true);
  beats(rhythm, 20);
  rhythm.packet();
  rhythm.packet();
  assert.equal(rhythm.frameIsNext, false);
  rhythm.frame();
  beats(rhythm, 6);
  rhythm.packet();
  assert.equal(rhythm.frameIsNext, false);
});

Deno.test("PacketRhythm of a file expects frame after frame", () => {
  const rhythm = new PacketRhythm(false);
  for (let frame = 0; frame < 8; frame++) {
    assert.equal(rhythm.frameIsNext, false);
    rhythm.frame();
  }
  assert.equal(rhythm.frameIsNext, true);
});
