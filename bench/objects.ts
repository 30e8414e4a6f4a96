/**
 * Whether each thing of the demo's street becomes one object: the real program over the clip, against
 * the truth of who is where (demo/street_tracks.json).
 *
 *   deno task bench objects [--objects '{"lost_after_ms":3000}'] [--json]
 */
import { parseArgs } from "node:util";
import type { Box } from "../src/frame/analysis.ts";
import { EventStore } from "../src/events/event_store.ts";
import { assign } from "../src/helpers/assign.ts";
import { iou } from "../src/helpers/iou.ts";
import type { AnalysisRecord } from "../src/sink/record.ts";

const { values: flags } = parseArgs({
  options: {
    objects: { type: "string", default: "{}" },
    json: { type: "boolean", default: false },
  },
});

/** In view for so long, a thing has to become an object. */
const leastS = 2;
/** Out of view for so long, it is another visit. */
const gapS = 2;
/** A detection shows a thing if their boxes share so much. */
const leastIou = 0.4;

interface Truth {
  readonly fps: number;
  readonly frames: Record<
    string,
    readonly (readonly [
      thing: number,
      label: string,
      x: number,
      y: number,
      width: number,
      height: number,
    ])[]
  >;
}

/** A thing from its coming into view to its leaving. */
interface Visit {
  readonly thing: number;
  readonly label: string;
  readonly boxes: Map<number, Box>;
}

const root = new URL("../", import.meta.url);
const truth: Truth = JSON.parse(await Deno.readTextFile(new URL("demo/street_tracks.json", root)));
const folder = await Deno.makeTempDir({ prefix: "sightline_bench_" });
try {
  await run();
  const records = new Map(
    (await Deno.readTextFile(`${folder}/records.jsonl`)).trim().split("\n")
      .map((line): AnalysisRecord => JSON.parse(line))
      .map((record) => [record.sequence, record]),
  );
  using store = new EventStore(`${folder}/data/events.db`, { readOnly: true });
  const started = new Set(
    store.after(0, 1_000_000).filter(({ event }) => event.type === "object_started")
      .map(({ event }) => event.object!.id),
  );
  report(visits(), records, started);
} finally {
  await Deno.remove(folder, { recursive: true });
}

async function run(): Promise<void> {
  const demo = new URL("demo/", root).pathname;
  const { success, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "-A", "--no-check", new URL("main.ts", root).pathname],
      ...["--stream_url", `${demo}street.mp4`, "--model_path", `${demo}person_vehicle_bike.onnx`],
      ...["--objects", flags.objects, "--data_dir", `${folder}/data`],
      ...["--sink", `jsonl:${folder}/records.jsonl`],
    ],
    stdin: "null",
  }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
}

function visits(): Visit[] {
  const open = new Map<number, { visit: Visit; lastFrame: number }>();
  const all: Visit[] = [];
  for (const [frame, rows] of Object.entries(truth.frames)) {
    const number = Number(frame);
    for (const [thing, label, x, y, width, height] of rows) {
      const known = open.get(thing);
      const isSame = known && number - known.lastFrame <= gapS * truth.fps;
      const visit = isSame ? known.visit : { thing, label, boxes: new Map<number, Box>() };
      if (!isSame) all.push(visit);
      visit.boxes.set(number, { x, y, width, height });
      open.set(thing, { visit, lastFrame: number });
    }
  }
  return all.filter(({ boxes }) => {
    const frames = [...boxes.keys()];
    return frames.at(-1)! - frames[0]! >= leastS * truth.fps;
  });
}

function report(
  all: readonly Visit[],
  records: ReadonlyMap<number, AnalysisRecord>,
  started: ReadonlySet<number>,
): void {
  const explained = new Set<number>();
  const shown = idsOfThings(records);
  const counts = all.map((visit) => {
    const seen = new Map<number, number>();
    for (const frame of visit.boxes.keys()) {
      const id = shown.get(`${frame} ${visit.thing}`);
      if (id !== undefined) seen.set(id, (seen.get(id) ?? 0) + 1);
    }
    // One frame in which two things are taken for each other is no object.
    const ids = [...seen].filter(([id, frames]) => frames >= 2 && started.has(id)).map(([id]) =>
      id
    );
    ids.forEach((id) => explained.add(id));
    return { label: visit.label, objects: ids.length };
  });
  const figures = {
    things: counts.length,
    one_object: counts.filter(({ objects }) => objects === 1).length,
    none: counts.filter(({ objects }) => objects === 0).length,
    several: counts.filter(({ objects }) => objects > 1).length,
    share: share(counts.filter(({ objects }) => objects === 1).length, counts.length),
    by_label: Object.fromEntries(
      [...Map.groupBy(counts, ({ label }) => label)].map(([label, some]) => [
        label,
        share(some.filter(({ objects }) => objects === 1).length, some.length),
      ]),
    ),
    objects_started: started.size,
    of_no_such_thing: started.size - explained.size,
  };
  Deno.stdout.writeSync(new TextEncoder().encode(JSON.stringify(figures, null, 2) + "\n"));
}

/** The object that shows each thing in each frame, by both; a detection shows one thing at most. */
function idsOfThings(records: ReadonlyMap<number, AnalysisRecord>): Map<string, number> {
  const ids = new Map<string, number>();
  for (const [frame, rows] of Object.entries(truth.frames)) {
    const tracked = (records.get(Number(frame))?.detections ?? [])
      .filter(({ track_id }) => track_id !== undefined);
    const costs = rows.flatMap(([, label, x, y, width, height]) =>
      tracked.map((found) =>
        found.label === label ? 1 - iou(found.box, { x, y, width, height }) : 1
      )
    );
    assign(costs, rows.length, tracked.length, 1 - leastIou).forEach((column, row) => {
      if (column >= 0) ids.set(`${frame} ${rows[row]![0]}`, tracked[column]!.track_id!);
    });
  }
  return ids;
}

function share(part: number, whole: number): number {
  return Math.round(1000 * part / whole) / 1000;
}
