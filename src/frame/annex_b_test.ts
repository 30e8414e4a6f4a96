import { deepEqual, equal, ok } from "node:assert/strict";
import { concatBytes } from "../concat_bytes.ts";
import {
  isNalCodec,
  isWholePicture,
  lengthSizeOf,
  parameterSetsIn,
  parameterSetsOf,
  pictureUseOf,
  sequenceSetsOf,
  toAnnexB,
} from "./annex_b.ts";

const code = [0, 0, 0, 1];
const sps = [0x67, 0x42, 0, 0x1e, 9];
const pps = [0x68, 0xce, 6];
const idr = [0x65, 1, 2, 3, 0, 0, 3, 1];
const avcC = Uint8Array.of(1, 0x42, 0, 0x1e, 0xff, 0xe1, 0, 5, ...sps, 1, 0, 3, ...pps);

Deno.test("parameterSetsOf() takes the sets out of an avcC and an hvcC, and leaves others alone", () => {
  equal(lengthSizeOf("h264", avcC), 4);
  deepEqual([...parameterSetsOf("h264", avcC)], [...code, ...sps, ...code, ...pps]);
  const [vps, hevcSps] = [[0x40, 1, 12], [0x42, 1, 1, 4]];
  const hvcC = concatBytes([
    Uint8Array.of(1, ...new Array(20).fill(0), 0xfd, 2),
    Uint8Array.of(0x20, 0, 1, 0, 3, ...vps, 0x21, 0, 1, 0, 4, ...hevcSps),
  ]);
  equal(lengthSizeOf("hevc", hvcC), 2);
  deepEqual([...parameterSetsOf("hevc", hvcC)], [...code, ...vps, ...code, ...hevcSps]);
  const plain = Uint8Array.of(...code, ...sps);
  equal(lengthSizeOf("h264", plain), null);
  equal(parameterSetsOf("h264", plain), plain);
});

Deno.test("toAnnexB() puts start codes in place of lengths", () => {
  const data = Uint8Array.of(0, 0, 0, 3, ...pps, 0, 0, 0, 8, ...idr);
  deepEqual([...toAnnexB(data, 4)], [...code, ...pps, ...code, ...idr]);
  deepEqual([...toAnnexB(Uint8Array.of(0, 3, ...pps), 2)], [...code, ...pps]);
  deepEqual([...toAnnexB(Uint8Array.of(0, 0, 0, 9, 1), 4)], [...code, 1]);
});

Deno.test("parameterSetsIn() finds what stands before the picture, behind start codes of any length", () => {
  const data = Uint8Array.of(0, 0, 1, 9, 0xf0, ...code, ...sps, 0, 0, 1, ...pps, ...code, ...idr);
  deepEqual([...parameterSetsIn("h264", data)], [...code, ...sps, ...code, ...pps]);
  equal(parameterSetsIn("h264", Uint8Array.of(...code, ...idr, ...code, ...sps)).length, 0);
  deepEqual([...parameterSetsIn("h264", Uint8Array.of(...code, ...sps))], [...code, ...sps]);
});

Deno.test("isWholePicture() tells a key frame from an intra refresh", () => {
  const sets = [0, 0, 0, 1, 0x67, 66, 0, 0, 1, 0x68, 1];
  const first = (...unit: number[]) => Uint8Array.from([...sets, 0, 0, 1, ...unit, 0x88, 0x84]);
  ok(isWholePicture("h264", first(0x65)));
  ok(!isWholePicture("h264", first(0x41)));
  ok(!isWholePicture("h264", Uint8Array.from(sets)));
  ok(isWholePicture("hevc", Uint8Array.of(0, 0, 1, 19 << 1, 1)));
  ok(!isWholePicture("hevc", Uint8Array.of(0, 0, 1, 1 << 1, 1)));
});

Deno.test("pictureUseOf() tells what others need of a picture, and nothing where there is none", () => {
  const h264 = (first: number) =>
    pictureUseOf("h264", Uint8Array.of(...code, 9, ...code, first, 0x88));
  deepEqual(h264(0x65), { isReferenced: true, layer: 0 });
  deepEqual(h264(0x41), { isReferenced: true, layer: 0 });
  deepEqual(h264(0x21), { isReferenced: true, layer: 0 });
  deepEqual(h264(0x01), { isReferenced: false, layer: 0 });
  equal(h264(0x06), null);
  for (const bytes of [[7, 0, 1], [0, 7, 1], [0, 0, 2], [7, 7, 1]]) {
    equal(pictureUseOf("h264", Uint8Array.of(...bytes, 0x65)), null, "that is no start code");
  }
  const hevc = (type: number, layer: number) =>
    pictureUseOf("hevc", Uint8Array.of(...code, 0x46, 1, 0x10, ...code, type << 1, layer + 1));
  deepEqual(hevc(0, 0), { isReferenced: false, layer: 0 });
  deepEqual(hevc(1, 2), { isReferenced: true, layer: 2 });
  deepEqual(hevc(8, 1), { isReferenced: false, layer: 1 });
  deepEqual(hevc(9, 0), { isReferenced: true, layer: 0 });
  for (const key of [16, 19, 20, 21]) deepEqual(hevc(key, 0)?.isReferenced, true);
  equal(hevc(39, 0), null);
});

Deno.test("isNalCodec() knows H.264 and H.265", () => {
  deepEqual(["h264", "hevc", "mjpeg", ""].map(isNalCodec), [true, true, false, false]);
});

Deno.test("what is cut off gives what is whole of it, and no unit without bytes", () => {
  equal(lengthSizeOf("h264", avcC.subarray(0, 5)), 4);
  equal(lengthSizeOf("h264", avcC.subarray(0, 4)), null);
  equal(lengthSizeOf("hevc", new Uint8Array(22).fill(1)), 2);
  equal(lengthSizeOf("hevc", new Uint8Array(21).fill(1)), null);
  deepEqual([...toAnnexB(Uint8Array.of(0, 2, 7, 8, 0, 2), 2)], [...code, 7, 8]);
  equal(parameterSetsOf("h264", avcC.slice(0, 4)).length, 0);
  equal(parameterSetsOf("h264", avcC.slice(0, 5)).length, 0);
  equal(parameterSetsOf("hevc", new Uint8Array(22).fill(1)).length, 0);
  const withoutPps = avcC.slice(0, 8 + sps.length);
  deepEqual([...parameterSetsOf("h264", withoutPps)], [...code, ...sps]);
  // It says one array, and has two.
  const arrays = [0x20, 0, 1, 0, 2, 0x40, 1, 0x21, 0, 1, 0, 2, 0x42, 1];
  const one = Uint8Array.of(1, ...new Array(21).fill(0), 1, ...arrays);
  deepEqual([...parameterSetsOf("hevc", one)], [...code, 0x40, 1]);
  // It says three arrays, and has one.
  const hvcC = Uint8Array.of(1, ...new Array(21).fill(0), 3, 0x20, 0, 1, 0, 2, 0x40, 1);
  deepEqual([...parameterSetsOf("hevc", hvcC)], [...code, 0x40, 1]);
});

Deno.test("parameterSetsOf() reads lengths and counts of more than a byte", () => {
  const long = [0x68, ...new Array(257).fill(7)];
  const head = [1, 0x42, 0, 0x1e, 0xff];
  const two = Uint8Array.of(...head, 0xe2, 0, 2, 0x67, 1, 1, 2, ...long, 0);
  deepEqual([...parameterSetsOf("h264", two)], [...code, 0x67, 1, ...code, ...long]);
  deepEqual([...toAnnexB(Uint8Array.of(1, 2, ...long), 2)], [...code, ...long]);
  const many = Uint8Array.of(1, ...new Array(21).fill(0), 1, 0x20, 1, 1, ...new Array(514).fill(0));
  equal(parameterSetsOf("hevc", many).length, 257 * code.length);
});

Deno.test("parameterSetsIn() leaves out zeros behind a set, and knows the sets of H.265", () => {
  const padded = Uint8Array.of(...code, ...sps, 0, 0, 0);
  deepEqual([...parameterSetsIn("h264", padded)], [...code, ...sps]);
  const unit = (type: number) => [0, 0, 1, type << 1, 1, 5];
  const sets = (...types: number[]) =>
    [...parameterSetsIn("hevc", Uint8Array.from(types.flatMap(unit)))]
      .filter((_, at) => at % 7 === 4).map((byte) => byte >> 1);
  deepEqual(sets(35, 32, 33, 34, 39), [32, 33, 34]);
  deepEqual(sets(32, 31, 33), [32], "behind the picture nothing is looked for");
});

Deno.test("sequenceSetsOf() has what tells sizes, however it is put", () => {
  const [short, last] = [[0, 0, 1], [...sps, 0]];
  equal(sequenceSetsOf("h264", Uint8Array.of(...code, ...sps, ...code, ...pps)), "6742001e09");
  equal(sequenceSetsOf("h264", Uint8Array.of(...short, ...pps, ...short, ...last)), "6742001e09");
  equal(sequenceSetsOf("h264", Uint8Array.of(...code, ...pps)), "");
  equal(sequenceSetsOf("hevc", Uint8Array.of(...code, 0x40, 1, ...code, 0x42, 1, 7)), "420107");
});

Deno.test("pictures are told from other units by the numbers at their bounds", () => {
  const whole = (codec: "h264" | "hevc", first: number) =>
    isWholePicture(codec, Uint8Array.of(...code, first, 1));
  deepEqual([15, 16, 31].map((type) => whole("hevc", type << 1)), [false, true, true]);
  deepEqual([1, 4, 5].map((type) => whole("h264", type)), [false, false, true]);
  const isPicture = (codec: "h264" | "hevc", first: number) =>
    pictureUseOf(codec, Uint8Array.of(...code, first)) !== null;
  deepEqual([0, 1, 5, 6].map((type) => isPicture("h264", type)), [false, true, true, false]);
  deepEqual([31, 32].map((type) => isPicture("hevc", type << 1)), [true, false]);
  // Its second byte, with the layer, is missing.
  deepEqual(pictureUseOf("hevc", Uint8Array.of(...code, 2)), { isReferenced: true, layer: 0 });
});
