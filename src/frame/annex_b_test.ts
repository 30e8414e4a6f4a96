import { deepEqual, equal, ok } from "node:assert/strict";
import { concatBytes } from "../concat_bytes.ts";
import {
  isWholePicture,
  lengthSizeOf,
  parameterSetsIn,
  parameterSetsOf,
  pictureUseOf,
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
    pictureUseOf("h264", Uint8Array.of(...code, 9, ...code, first, 1));
  deepEqual(h264(0x65), { isReferenced: true, layer: 0 });
  deepEqual(h264(0x41), { isReferenced: true, layer: 0 });
  deepEqual(h264(0x21), { isReferenced: true, layer: 0 });
  deepEqual(h264(0x01), { isReferenced: false, layer: 0 });
  equal(h264(0x06), null);
  const hevc = (type: number, layer: number) =>
    pictureUseOf("hevc", Uint8Array.of(...code, 0x46, 1, 0x10, ...code, type << 1, layer + 1));
  deepEqual(hevc(0, 0), { isReferenced: false, layer: 0 });
  deepEqual(hevc(1, 2), { isReferenced: true, layer: 2 });
  deepEqual(hevc(8, 1), { isReferenced: false, layer: 1 });
  deepEqual(hevc(9, 0), { isReferenced: true, layer: 0 });
  for (const key of [16, 19, 20, 21]) deepEqual(hevc(key, 0)?.isReferenced, true);
  equal(hevc(39, 0), null);
});
