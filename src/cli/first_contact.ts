/** What somebody should know who tries Sightline on a camera of their own for the first time. */

import { basename } from "node:path";
import type { UserConfig } from "../config/resolve_config.ts";
import type { ResolvedConfig } from "../config/resolve_config.ts";
import type { StreamConfig } from "../stream/settings.ts";

/** One line for each thing; `shown` is what was given for each stream. */
export function firstContact({ streams }: ResolvedConfig, shown: UserConfig): string[] {
  const chosen = streams.filter(({ name, inference }) => {
    const given = shown.streams.find(({ stream_name }) => stream_name === name) ??
      shown.streams[0];
    return inference.kind === "none" && given?.["use_case"] === undefined;
  });
  return [
    ...(chosen.length === 0 ? [] : [
      "Without a model and a use case, motion is what is told of (--use_case motion); " +
      "--model_path or --ovms_url names a model that sees more",
    ]),
    ...(streams.some(isBeyondTheDemo)
      ? [
        "The demo's model has seen drawn streets only: on what a real camera shows, expect nothing " +
        "of it",
      ]
      : []),
  ];
}

/** A source that is no drawing of ours, looked at by the model that has learnt from drawings. */
function isBeyondTheDemo({ inference, source }: StreamConfig): boolean {
  return inference.kind === "onnx" && basename(inference.path) === "person_vehicle_bike.onnx" &&
    !/(^|\/)street(\.mp4)?$/.test(source.url);
}
