import assert from "node:assert/strict";
import { isFromHardware, whyNoHardware } from "./hardware.ts";

Deno.test("isFromHardware() knows what comes from hardware by its layout", () => {
  for (const pixels of ["nv12", "nv16", "p010le", "p016le", "p210le", "vaapi", "cuda"]) {
    assert.equal(isFromHardware(pixels), true, pixels);
  }
  for (const pixels of ["yuv420p", "yuvj420p", "yuv420p10le", "gray", "pal8", "bgr24", "gbrp"]) {
    assert.equal(isFromHardware(pixels), false, pixels);
  }
});

Deno.test("whyNoHardware() gives ffmpeg's last words on the matter", () => {
  const said = [
    { level: "error", text: "Device creation failed: -1." },
    { level: "error", text: "Hardware is lacking required capabilities" },
    {
      level: "error",
      text: "Failed setup for format cuda: hwaccel initialisation returned error.",
    },
    { level: "info", text: "Stream mapping:" },
  ] as const;
  assert.equal(whyNoHardware(said), said[2].text);
  assert.equal(whyNoHardware(said.slice(3)), null);
});
