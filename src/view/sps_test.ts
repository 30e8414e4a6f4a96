import assert from "node:assert/strict";
import { browserCodec, withoutDelay } from "./browser_codec.ts";
import { withoutReordering } from "./sps.ts";

const bytes = (hex: string) => Uint8Array.fromHex(hex);
/** Without usability information; what ffmpeg's trace_headers reads the changed one as is right. */
const plain = { set: "6742c00dda05067e74", changed: "6742c00dda05067e7806d0402150" };
/** Of x264, with two pictures that may be reordered. */
const told = {
  set: "6764000cacd941419f9f011000000300100000030320f1429960",
  changed: "6764000cacd941419f9f011000000300100000030320f142a580",
};

Deno.test("withoutReordering() says that no picture comes in another order", () => {
  for (const { set, changed } of [plain, told]) {
    assert.equal(withoutReordering(bytes(set))?.toHex(), changed);
    assert.equal(withoutReordering(bytes(changed))?.toHex(), changed);
  }
});

Deno.test("withoutReordering() refuses what ends too soon", () => {
  for (let length = 0; length < 8; length++) {
    assert.equal(withoutReordering(bytes(plain.set).slice(0, length)), null);
  }
  // A number of a million zeros must not be read to its end.
  assert.equal(withoutReordering(new Uint8Array(1000)), null);
});

Deno.test("withoutDelay() changes the set in a key frame, and no other byte", () => {
  const picture = "00000168ebe3cb00000165888400ff";
  const frame = bytes(`00000001${told.set}${picture}`);
  assert.equal(withoutDelay(frame).toHex(), `00000001${told.changed}${picture}`);
  const other = bytes(picture);
  assert.equal(withoutDelay(other), other, "without a set there is nothing to change");
});

Deno.test("browserCodec() names what a browser is to decode", () => {
  const parameters = { fourcc: "", width: 0, height: 0, extradata: new Uint8Array(0) };
  const h264 = { ...parameters, codec: "h264", extradata: bytes(`00000001${told.set}`) };
  assert.equal(browserCodec(h264), "avc1.64000c");
  const set = "42010101600000030090000003000003005da00280802d1659";
  const hevc = { ...parameters, codec: "hevc", extradata: bytes(`00000001${set}`) };
  assert.equal(browserCodec(hevc), "hev1.1.6.L93.90");
  assert.equal(browserCodec({ ...parameters, codec: "mjpeg" }), "jpeg");
  assert.equal(browserCodec({ ...parameters, codec: "h264" }), null, "nothing is known of it");
  assert.equal(browserCodec({ ...parameters, codec: "mpeg4" }), null);
});
