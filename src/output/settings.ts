/** Settings of the pictures that go out. */

import { type ConfigOf, type Element, kindList, kindOf } from "../settings/kinds.ts";
import { complete, table, toggle, type ValuesOf } from "../settings/setting.ts";
import { hls } from "./hls.ts";
import { rtmp, rtsp, srt } from "./network.ts";
import type { OutputKind } from "./output_kind.ts";
import { recording } from "./recording.ts";

/** One line each. */
export const outputs = [
  rtsp,
  rtmp,
  srt,
  recording,
  hls,
];

/** The settings of one of them. */
export type OutputConfig = ConfigOf<typeof outputs[number]>;

/** What is set for a camera. */
export const outputSettings = table({ group: "Results and limits" }, {
  output: kindList(outputs, {
    value: "OUTPUT",
    secret: "url",
    more: "see [docs/output.md](docs/output.md)",
    help:
      "the camera's video to rtsp://…, rtmp://…, srt://…, file:PATTERN.mp4 or hls:DIR; repeatable",
  }),
  output_boxes: toggle({
    help:
      "draw boxes, labels and zones into outputs, each on its own picture; the video is encoded anew",
  }),
});

/** As far as they were given and right. */
export type OutputValues = ValuesOf<typeof outputSettings>;

/** Complete settings. */
export function outputConfig(
  { output = [], output_boxes: boxes = false }: OutputValues,
): readonly OutputConfig[] {
  return output.map(({ kind, values }: Element) => ({
    kind,
    ...complete(kindOf(outputs, kind)!.settings, { boxes, ...values }),
  } as OutputConfig));
}

/** What an output is of. */
export function kindOfOutput({ kind }: OutputConfig): OutputKind {
  return kindOf(outputs as readonly OutputKind[], kind)!;
}

/** What an element of `output` takes for itself; null where others may have the same. */
export function placeOf({ kind, values }: Element, camera: string): string | null {
  const { settings, place } = kindOf(outputs as readonly OutputKind[], kind)!;
  return place?.(complete(settings, values), camera) ?? null;
}
