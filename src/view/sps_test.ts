import assert from "node:assert/strict";
import { browserCodec, withoutDelay } from "./browser_codec.ts";
import { unescape, withoutReordering } from "./sps.ts";

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

/** Bits of a parameter set, as the standard names their kinds. */
const u = (count: number, value: number) =>
  count === 0 ? "" : value.toString(2).padStart(count, "0");
const ue = (value: number) => "0".repeat(u(1, value + 1).length - 1) + u(1, value + 1);
const se = (value: number) => ue(value > 0 ? 2 * value - 1 : -2 * value);
const baseline = {
  profile: 66,
  chroma: "",
  order: ue(2),
  frames: 2,
  shape: "1" + "1" + "0",
  told: "",
};

/** A set whose parts are given as bits, and the same when no picture comes in another order. */
function setOf(parts: Partial<typeof baseline>): [set: string, changed: string] {
  const { profile, chroma, order, frames, shape, told } = { ...baseline, ...parts };
  const head = u(8, 0x67) + u(8, profile) + u(8, 0) + u(8, 30) + ue(0) + chroma + ue(0) + order +
    ue(frames) + "0" + ue(19) + ue(14) + shape;
  const restriction = (reordered: number) =>
    "1" + "1" + ue(2) + ue(1) + ue(15) + ue(15) + ue(reordered) + ue(3);
  if (told === "") {
    const unsaid = "1" + "1" + ue(2) + ue(1) + ue(15) + ue(15) + ue(0) + ue(Math.max(1, frames));
    return [hexOf(head + "0"), hexOf(head + "1" + "00000000" + unsaid)];
  }
  return [hexOf(head + "1" + told + restriction(2)), hexOf(head + "1" + told + restriction(0))];
}

/** With the bit that ends a set, and the bytes that keep a start code from appearing within. */
function hexOf(bits: string): string {
  const ended = bits + "1";
  const padded = ended.padEnd(Math.ceil(ended.length / 8) * 8, "0");
  const hex = padded.replace(/.{4}/g, (four) => parseInt(four, 2).toString(16));
  let escaped = "";
  for (const byte of hex.match(/../g)!) {
    escaped += /(0000)$/.test(escaped) && escaped.length % 2 === 0 && byte <= "03"
      ? `03${byte}`
      : byte;
  }
  return escaped;
}

/** What says nothing of shape, signal, place, timing, buffers and structure. */
const quiet = ["0", "0", "0", "0", "0", "0", "0", "0"];
const buffers = (count: number) =>
  ue(count - 1) + u(8, 0x5a) + (ue(900) + ue(70) + "1").repeat(count) + u(20, 0xabcde);
const high = (chroma: number, lists: string) =>
  ue(chroma) + (chroma === 3 ? "1" : "") + ue(0) + ue(0) + "0" + lists;
const withTold = (parts: Record<number, string>) => ({
  told: quiet.map((bit, at) => parts[at] ?? bit).join(""),
});
/** A list that runs to its end, and one that breaks off at its third number. */
const whole = (size: number) => "1" + se(-3) + se(2).repeat(size - 1);
const short = "1" + se(4) + se(-2) + se(-10);

const sets: Readonly<Record<string, Partial<typeof baseline>>> = {
  "no reference frame": { frames: 0 },
  "several reference frames": { frames: 4 },
  "an order by the first frame": { order: ue(0) + ue(4) },
  "an order by cycles": { order: ue(1) + "1" + se(-5) + se(3) + ue(2) + se(7) + se(-1) },
  "an order by a cycle without pictures": { order: ue(1) + "0" + se(1) + se(1) + ue(0) },
  "fields, and a picture that is cut": {
    shape: "0" + "1" + "1" + "1" + ue(0) + ue(3) + ue(0) + ue(9),
  },
  "no lists of scaling": { profile: 100, chroma: high(1, "0") },
  "lists of scaling": {
    profile: 110,
    chroma: high(1, "1" + whole(16) + short + "0000" + whole(64) + short),
  },
  "twelve lists of scaling": {
    profile: 244,
    chroma: high(3, "1" + "00000" + whole(16) + whole(64) + "0000" + short),
  },
  "nothing but the restriction": withTold({}),
  "a shape by number": withTold({ 0: "1" + u(8, 2) }),
  "a shape by itself": withTold({ 0: "1" + u(8, 255) + u(16, 4) + u(16, 3) }),
  "overscan": withTold({ 1: "11" }),
  "a signal without colours": withTold({ 2: "1" + u(4, 11) + "0" }),
  "a signal with colours": withTold({ 2: "1" + u(4, 11) + "1" + u(24, 0x70602) }),
  "a place of colours": withTold({ 3: "1" + ue(5) + ue(1) }),
  "timing": withTold({ 4: "1" + u(32, 1001) + u(32, 60_000) + "1" }),
  "buffers of one kind": withTold({ 5: "1" + buffers(1), 6: "0" + "1" }),
  "buffers of the other kind": withTold({ 6: "1" + buffers(2) + "0" }),
  "buffers of both kinds": withTold({ 5: "1" + buffers(3), 6: "1" + buffers(1) + "1" }),
};

for (const [what, parts] of Object.entries(sets)) {
  Deno.test(`withoutReordering() reads a set with ${what}`, () => {
    const [set, changed] = setOf(parts);
    assert.equal(withoutReordering(bytes(set))?.toHex(), changed);
  });
}

Deno.test("unescape() takes out no 3 but those behind two zeros", () => {
  assert.equal(
    unescape(bytes("0003" + "050003" + "00000301" + "000003")).toHex(),
    "00030500030000010000",
  );
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
