import assert from "node:assert/strict";
import { collectLog } from "../../../tests/support/log_lines.ts";
import { HardwareReport, isFromHardware, whyNoHardware } from "./hardware.ts";

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

Deno.test("HardwareReport says whether hardware is at work, when that is known or changes", () => {
  using log = collectLog();
  const report = new HardwareReport("vaapi", log.logger);
  const said = [{ level: "error", text: "Device creation failed: -1." }] as const;
  for (const pixels of ["yuv420p", "yuv420p"]) report.decoded(pixels, said);
  for (const pixels of ["nv12", "vaapi"]) report.decoded(pixels, said);
  report.decoded("yuv420p", []);
  assert.deepEqual(log.levelled, [
    "warning: ffmpeg decodes on the CPU, though --hwaccel is vaapi: Device creation failed: -1.",
    "info: ffmpeg decodes on hardware (vaapi): pictures come as nv12",
    "warning: ffmpeg decodes on the CPU, though --hwaccel is vaapi: " +
    "it cannot decode this stream so",
  ]);
});

Deno.test("HardwareReport says nothing where none was asked for", () => {
  using log = collectLog();
  const report = new HardwareReport(null, log.logger);
  for (const pixels of ["yuv420p", "nv12"]) report.decoded(pixels, []);
  assert.deepEqual(log.levelled, []);
});
