import { deepEqual, equal, match } from "node:assert/strict";
import { sourceConfig } from "../../tests/support/with_source.ts";
import type { PixelFormat } from "../frame/frame.ts";
import { branchFilters, pickingFilters } from "./filters.ts";
import type { SourceConfig } from "./settings.ts";

const base: SourceConfig = { url: "rtsp://cam/live", ...sourceConfig };
const size = { width: 300, height: 200 } as const;

Deno.test("branchFilters() scales exactly, then makes the format that is asked for", () => {
  const rows: [pixelFormat: PixelFormat | "<as the model takes it>", then: string[]][] = [
    ["bgr24", ["format=gbrp", "format=bgr24"]],
    ["rgb24", ["format=gbrp", "format=rgb24"]],
    ["bgrp", ["format=gbrp", "shuffleplanes=1:0:2:0"]],
    ["rgbp", ["format=gbrp", "shuffleplanes=2:0:1:0"]],
    ["gray", ["format=gray"]],
    ["jpeg", ["format=yuvj420p"]],
    ["<as the model takes it>", ["format=<as the model takes it>"]],
  ];
  for (const [pixelFormat, then] of rows) {
    const filters = branchFilters({ ...size, pixelFormat, fit: "stretch" } as never, 2);
    match(filters[0]!, /^scale@[^=]*2[^=]*=300:200:flags=area$/);
    deepEqual(filters.slice(1, -2), then, pixelFormat);
    match(filters.at(-2)!, /^metadata=mode=add:key=.*:value=2$/);
    equal(filters.at(-1), "metadata=mode=print:direct=1:file='pipe\\:2'");
  }
});

Deno.test("branchFilters() letterboxes where a size is known, and leaves what is not as the picture has it", () => {
  const scaled = (format: object) =>
    branchFilters({ pixelFormat: "gray", fit: "letterbox", ...format } as never, 0)
      .slice(0, -2).map((filter) => filter.replace(/^scale@[^=]+=/, "scale="));
  deepEqual(scaled(size), [
    "scale='min(300,max(1,round(200*dar)))':'min(200,max(1,round(300/dar)))':flags=area",
    "format=gray",
    "pad=300:200:(ow-iw)/2:(oh-ih)/2:color=0x727272",
  ]);
  const shown = "'max(1,round(iw*clip(sar,1/16,16)))'";
  const rows: [format: object, place: string][] = [
    [{}, `${shown}:ih`],
    [{ width: 300 }, "300:ih"],
    [{ height: 200 }, `${shown}:200`],
    [{ fit: "stretch" }, `${shown}:ih`],
  ];
  for (const [format, place] of rows) {
    deepEqual(scaled(format), [`scale=${place}:flags=area`, "format=gray"]);
  }
});

Deno.test("pickingFilters() limits a camera by the time that passes, and a file by its stamps", () => {
  const region = { x: 0, y: 0, width: 1, height: 0.5 };
  const picked = (config: Partial<SourceConfig>, isFile = false) =>
    pickingFilters({ ...base, ...config }, isFile);
  deepEqual(picked({}), []);
  match(picked({ region }).join(), /^crop@region=[^,]+(,[^,]+)*$/);
  const both = picked({ fps: 5, region });
  equal(both.length, 2);
  deepEqual(both[1], picked({ region })[0]);
  match(both[0]!, /^select='st\(5,time\(0\)-.*-0\.2,20\).*clip\(ld\(0\)\+ld\(4\)\*5,0,1\.5\)/);
  const [file = ""] = picked({ fps: 5 }, true);
  match(file, /^select='st\(4,if\(isnan\(t\)\+isnan\(prev_t\),0,max\(0,t-prev_t\)\)\);st\(0,/);
  equal(file.includes("time(0)"), false);
});
