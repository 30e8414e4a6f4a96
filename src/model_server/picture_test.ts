import { Image } from "imagescript";
import assert from "node:assert/strict";
import { type DecodedPicture, decodePicture, resizePicture } from "./picture.ts";
import type { ServerError } from "./server_error.ts";

const row = (...values: number[]): DecodedPicture => ({
  datatype: "FP32",
  data: Float32Array.from(values),
  height: 1,
  width: values.length,
  channels: 1,
});

Deno.test("decodePicture() gives BGR, row by row, in the type that is asked for", async () => {
  const image = new Image(2, 1);
  image.setPixelAt(1, 1, Image.rgbToColor(1, 2, 3));
  image.setPixelAt(2, 1, Image.rgbToColor(250, 251, 252));
  const png = await image.encode();
  const expected = [3, 2, 1, 252, 251, 250];
  for (const datatype of ["UINT8", "FP32", "INT32", "FP16"] as const) {
    const { data, ...rest } = await decodePicture(png, datatype);
    assert.deepEqual(rest, { datatype, height: 1, width: 2, channels: 3 });
    assert.deepEqual([...data as Iterable<number>], expected);
  }
});

Deno.test("decodePicture() refuses what is no picture, is cut off, or has no pixels", async () => {
  const jpeg = await new Image(6, 4).fill(0xff0000ff).encodeJPEG(95);
  const sizeless = jpeg.slice();
  const frame = jpeg.findIndex((byte, index) => byte === 0xff && jpeg[index + 1] === 0xc0);
  // Height and width, after marker, length and precision.
  sizeless.fill(0, frame + 5, frame + 9);
  const broken = [
    new Uint8Array(),
    Uint8Array.of(0xff, 0xd8, 0xff),
    new Uint8Array(1000),
    jpeg.subarray(0, jpeg.byteLength - 30),
    sizeless,
  ];
  for (const bytes of broken) {
    await assert.rejects(decodePicture(bytes, "UINT8"), (error: ServerError) => {
      assert.deepEqual([error.code, error.message], ["picture_parsing", "Image parsing failed"]);
      return true;
    });
  }
});

// Expected values are OpenCV's: cv2.resize(…, interpolation=cv2.INTER_LINEAR) on float32.
Deno.test("resizePicture() is OpenCV's INTER_LINEAR", () => {
  const wider = resizePicture(row(0, 10, 20, 30), 1, 8);
  assert.deepEqual([...wider.data as Float32Array], [0, 2.5, 7.5, 12.5, 17.5, 22.5, 27.5, 30]);
  const narrower = resizePicture(row(0, 10, 20, 30), 1, 2);
  assert.deepEqual([...narrower.data as Float32Array], [5, 25]);
  const odd = resizePicture(row(0, 8, 16, 24, 32), 1, 2);
  assert.deepEqual([...odd.data as Float32Array], [6, 26]);
  const square: DecodedPicture = {
    datatype: "FP32",
    data: Float32Array.of(0, 100, 10, 110, 20, 120, 30, 130),
    height: 2,
    width: 2,
    channels: 2,
  };
  const { data } = resizePicture(square, 1, 1);
  assert.deepEqual([...data as Float32Array], [15, 115]);
});

Deno.test("resizePicture() rounds for whole numbers, and keeps a picture of the right size", () => {
  const bytes: DecodedPicture = {
    ...row(),
    datatype: "UINT8",
    data: Uint8Array.of(0, 255),
    width: 2,
  };
  assert.deepEqual([...resizePicture(bytes, 1, 1).data as Uint8Array], [128]);
  assert.equal(resizePicture(bytes, 1, 2), bytes);
});
