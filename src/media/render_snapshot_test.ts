import { deepEqual, equal } from "node:assert/strict";
import type { SightlineEvent } from "../events/event.ts";
import { greyPicture } from "../../tests/support/grey_pictures.ts";
import { noGuard } from "../process_guard.ts";
import { boxOf, lookFilters, renderSnapshot } from "./render_snapshot.ts";

const box = { x: 0.5, y: 0.2, width: 0.2, height: 0.4 };

Deno.test("lookFilters() leaves a picture alone of which nothing else is wanted", () => {
  deepEqual(lookFilters(box, { crop: false, box: false }), []);
  deepEqual(lookFilters(null, { crop: true, box: true }), []);
});

Deno.test("lookFilters() draws the box, cuts out some of what is around it, and makes it smaller", () => {
  const filters = lookFilters(box, { crop: true, box: true, height: 100 });
  deepEqual(filters.map((filter) => filter.split("=")[0]), ["drawbox", "crop", "scale"]);
  equal(
    filters[0],
    "drawbox=x=iw*0.5:y=ih*0.2:w=iw*0.2:h=ih*0.4:color=0x00e676:t='max(2,ih/240)'",
  );
  equal(filters[2], "scale=w=-2:h='min(ih,100)'");
});

Deno.test("lookFilters() cuts within the picture", () => {
  const [filter] = lookFilters({ x: -0.1, y: 0.9, width: 0.2, height: 0.3 }, {
    crop: true,
    box: false,
  });
  const numbers = /w=iw\*([\d.]+):h=ih\*([\d.]+):x=iw\*([\d.]+):y=ih\*([\d.]+)/.exec(filter!);
  const [width, height, x, y] = numbers!.slice(1).map(Number);
  equal(x, 0);
  equal(y! + height!, 1);
  equal(width, 0.30000000000000004);
});

Deno.test("boxOf() shows an object where it was seen best", () => {
  const event = {
    object: { id: 1, label: "car", confidence: 0.5, box },
  } as SightlineEvent;
  const best = { sequence: 3, box: { ...box, x: 0.1 } };
  equal(boxOf(event), box);
  equal(boxOf({ ...event, data: { best } }), best.box);
  equal(boxOf({} as SightlineEvent), null);
  const strange = ["0,movie=/etc/passwd", "0.5", null, Infinity, 10.5, -10.5];
  for (const wrong of [...strange.map((x) => ({ ...box, x })), { x: 0 }, 5, null]) {
    equal(boxOf({ ...event, data: { best: { box: wrong } } }), box, JSON.stringify(wrong));
  }
  equal(boxOf({ ...event, data: { best: null } }), box);
  const far = { ...box, x: -10, y: 10 };
  equal(boxOf({ ...event, data: { best: { box: far } } }), far);
});

Deno.test("lookFilters() cuts a quarter of the box more on each side, and a fiftieth of the picture at least", () => {
  const cut = (given: typeof box) => lookFilters(given, { crop: true, box: false });
  const numbers = (given: typeof box) =>
    [...cut(given)[0]!.matchAll(/\*([\d.]+)/g)].map(([, number]) => Number(number).toFixed(4));
  deepEqual(numbers({ x: 0.4, y: 0.2, width: 0.2, height: 0.4 }), [
    ...["0.3000", "0.6000", "0.3500", "0.1000"],
  ]);
  deepEqual(numbers({ x: 0.5, y: 0.5, width: 0.002, height: 0 }), [
    ...["0.0200", "0.0200", "0.4910", "0.4900"],
  ]);
  deepEqual(numbers({ x: 0, y: 0, width: 0.9, height: 1 }), [
    ...["1.0000", "1.0000", "0.0000", "0.0000"],
  ]);
});

Deno.test("lookFilters() only scales where nothing else is wanted", () => {
  deepEqual(lookFilters(null, { crop: true, box: true, height: 99 }), [
    "scale=w=-2:h='min(ih,99)'",
  ]);
});

Deno.test("renderSnapshot() makes a picture as it is asked for, and nothing of one that is wanted as it is", async () => {
  const { stdout } = await new Deno.Command("ffmpeg", {
    args: "-v error -f lavfi -i color=s=64x48 -frames:v 1 -f mjpeg -".split(" "),
  }).output();
  const event = { object: { id: 1, label: "car", confidence: 0.5, box } } as SightlineEvent;
  const options = { guard: noGuard, signal: new AbortController().signal };
  const look = { crop: false, box: false };
  equal(await renderSnapshot(stdout, event, look, options), stdout);
  const made = await renderSnapshot(stdout, event, { ...look, height: 24 }, options);
  const { width, height } = await greyPicture(made);
  deepEqual([width, height], [32, 24]);
});
