/** How far behind a key frame the pictures lie that show the things of the demo's street best. */

import { Scene } from "../src/objects/scene.ts";
import { objectDefaults } from "../src/objects/settings.ts";

interface Truth {
  readonly fps: number;
  readonly frames: Record<
    string,
    readonly (readonly [thing: number, label: string, ...box: [number, number, number, number]])[]
  >;
}

const truth: Truth = JSON.parse(
  await Deno.readTextFile(new URL("../demo/street_tracks.json", import.meta.url)),
);

/** A detector is never quite sure, and its boxes are never quite right. */
const jitter = 0.02;

/**
 * Milliseconds behind its key frame of each object's best picture, in order; `isPreferred`: the scene
 * is told how far pictures are behind.
 */
export function bestPictures(keyEveryMs: number, isPreferred: boolean): number[] {
  let ids = 1;
  let seed = 1;
  const noise = () => (seed = seed * 48_271 % 2_147_483_647) / 2_147_483_647 * 2 - 1;
  const config = { objects: objectDefaults, zones: [], lines: [] };
  const scene = new Scene("street", "truth", config, { next: () => ids++ });
  const behind = (sequence: number) => sequence * 1000 / truth.fps % keyEveryMs;
  const found: number[] = [];
  const note = (drafts: ReturnType<Scene["update"]>["drafts"]) => {
    for (const { type, data } of drafts) {
      if (type !== "object_ended") continue;
      const { best } = data as { readonly best: { readonly sequence: number } };
      found.push(behind(best.sequence));
    }
  };
  for (const [frame, rows] of Object.entries(truth.frames)) {
    const sequence = Number(frame);
    const ptsMs = sequence * 1000 / truth.fps;
    const detections = rows.map(([trackId, label, x, y, width, height]) => ({
      ...{ trackId, label, labelId: 0, confidence: 0.9 * (1 + jitter * noise()) },
      box: { x, y, width: width * (1 + jitter * noise()), height: height * (1 + jitter * noise()) },
    }));
    const info = {
      ...{ stream: "street", sequence, ptsMs, capturedAtMs: ptsMs, width: 1280, height: 720 },
    };
    const sinceKeyMs = isPreferred ? behind(sequence) : 0;
    note(scene.update(info as never, { detections }, sinceKeyMs).drafts);
  }
  note(scene.close("stop"));
  return found.sort((a, b) => a - b);
}
