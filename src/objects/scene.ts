/** What moves in one stream's picture: objects, zones and lines, over any use case. */

import type { SceneConfig } from "./settings.ts";
import type { EventDraft } from "../events/event.ts";
import { stayKey } from "../events/stream_events.ts";
import type { Analysis, AnalysisEvent, Annotation, Detection } from "../frame/analysis.ts";
import type { FrameInfo } from "../frame/frame.ts";
import { createLine, type Line } from "../helpers/line.ts";
import { anchorPoint } from "../helpers/point.ts";
import { pointInPolygon } from "../helpers/point_in_polygon.ts";
import { createTracker, type Tracked, type Tracker } from "../helpers/tracker.ts";
import { createZone, type Zone } from "../helpers/zone.ts";
import { polygonOf } from "./hide_masks.ts";
import { ObjectLife, type Sighting } from "./object_life.ts";

/** Gives numbers to objects. */
export interface TrackIds {
  next(): number;
}

/** What became of a frame's analysis. */
export interface SceneUpdate {
  /** With a number for each object that is followed, and events of zones and lines. */
  readonly analysis: Analysis;
  /** Events of the use case itself, with the numbers of the analysis. */
  readonly own: readonly AnalysisEvent[];
  /** Events of objects. */
  readonly drafts: readonly EventDraft[];
}

/**
 * Objects of one frame that are followed, the surest first: what it takes grows with the cube of their
 * number, 4 ms for so many, on the thread of all streams.
 */
const mostFollowed = 200;

/** Numbers that are remembered; a tracker gives none twice. */
const mostNumbers = 10_000;

/** Follows what a use case finds. Belongs to one stream, whatever becomes of camera and plugin. */
export class Scene {
  readonly #stream: string;
  readonly #useCase: string;
  readonly #objects: SceneConfig["objects"];
  readonly #trackIds: TrackIds;
  readonly #tracker: Tracker;
  readonly #zones: readonly {
    readonly zone: Zone;
    readonly name: string;
    accepts(label: string): boolean;
  }[];
  readonly #lines: readonly {
    readonly line: Line;
    readonly direction: string | undefined;
    accepts(label: string): boolean;
  }[];
  readonly #annotations: readonly Annotation[];
  readonly #lives = new Map<number, ObjectLife>();
  /** Our number for each of the tracker's, or of the use case's. */
  readonly #numbers = new Map<number, number>();

  /** `trackIds`: numbers that no object of the stream had before, in any process. */
  constructor(stream: string, useCase: string, config: SceneConfig, trackIds: TrackIds) {
    const { objects, zones, lines } = config;
    this.#stream = stream;
    this.#useCase = useCase;
    this.#objects = objects;
    this.#trackIds = trackIds;
    this.#tracker = createTracker({
      newConfidence: objects.min_confidence,
      lostBufferMs: objects.lost_after_ms,
      minHits: objects.min_frames,
      perClass: false,
    });
    this.#zones = zones.map((config) => ({
      name: config.name,
      accepts: accepting(config.labels),
      zone: createZone({
        name: config.name,
        polygon: config.polygon,
        anchor: config.anchor,
        enterAfterMs: config.enter_after_ms,
        leaveAfterMs: config.leave_after_ms,
        ...(config.dwell_ms !== undefined && { dwellMs: config.dwell_ms }),
      }),
    }));
    this.#lines = lines.map(({ name, points, labels, anchor, direction }) => ({
      line: createLine({ name, points, anchor }),
      direction,
      accepts: accepting(labels),
    }));
    this.#annotations = [
      ...zones.map(({ polygon }) => ({ kind: "polyline" as const, points: polygon, closed: true })),
      ...lines.map(({ points }) => ({ kind: "polyline" as const, points })),
    ];
  }

  /**
   * Takes what was found in the next frame; give it every frame, also one without detections.
   * `sinceKeyMs`: how far it is behind the key frame that its picture is decoded from.
   */
  update(frame: FrameInfo, analysis: Analysis, sinceKeyMs = 0): SceneUpdate {
    const found = analysis.detections ?? [];
    const numbers = this.#follow(found, frame.ptsMs);
    const detections = found.map((detection, index) =>
      numbers[index] === undefined ? detection : { ...detection, trackId: numbers[index] }
    );
    const tracks = detections.flatMap((detection, index) => {
      const trackId = numbers[index];
      return trackId === undefined ? [] : [{ ...detection, trackId }];
    });
    const own = (analysis.events ?? []).map((event) => this.#renumbered(event));
    const events = this.#watchPlaces(tracks, frame.ptsMs);
    const drafts = this.#watchObjects(tracks, frame, sinceKeyMs);
    return {
      analysis: {
        ...analysis,
        ...analysis.detections && { detections },
        events: [...own, ...events],
        annotations: [...analysis.annotations ?? [], ...this.#annotations],
      },
      own,
      drafts,
    };
  }

  /** Numbers of the frames that show the objects best which are there now. */
  *best(): Generator<number> {
    for (const { started, best } of this.#lives.values()) if (started) yield best.sequence;
  }

  /** A use case that was started again counts from 1 again, and means others. */
  forgetNumbers(): void {
    this.#numbers.clear();
  }

  /** Ends every object and every stay in a zone, since no frame comes that could. */
  close(reason: string): EventDraft[] {
    const left = this.#zones.flatMap(({ zone }) => zone.clear()).map((event): EventDraft => {
      const trackId = event["track_id"] as number;
      const last = this.#lives.get(trackId)?.last;
      return {
        ...this.#draft("zone_left", last),
        zone: String(event["zone"]),
        reason,
        closes: { key: stayKey(this.#stream, String(event["zone"]), trackId) },
      };
    });
    const ended = [...this.#lives.values()].flatMap((life) => this.#end(life, reason));
    return [...left, ...ended];
  }

  /** For each detection the number of the object that it shows; undefined = it counts for nothing. */
  #follow(found: readonly Detection[], ptsMs: number): (number | undefined)[] {
    const { labels, masks, min_confidence } = this.#objects;
    const accepts = accepting(labels);
    const counts = found.map(({ label, box, confidence }) =>
      accepts(label) && confidence >= Math.min(0.1, min_confidence) &&
      !masks.some((mask) => pointInPolygon(anchorPoint(box, "bottom"), polygonOf(mask)))
    );
    // What the use case follows by itself it knows better.
    if (found.some(({ trackId }) => trackId !== undefined)) {
      let followed = 0;
      return found.map(({ trackId }, index) =>
        counts[index] && trackId !== undefined && followed++ < mostFollowed
          ? this.#numberOf(trackId)
          : undefined
      );
    }
    const candidates = found.flatMap((detection, index) =>
      counts[index] ? [{ ...detection, index }] : []
    );
    if (candidates.length > mostFollowed) {
      candidates.sort((a, b) => b.confidence - a.confidence).splice(mostFollowed);
    }
    const numbers = new Array<number | undefined>(found.length).fill(undefined);
    for (const { index, trackId } of this.#tracker.update(candidates, ptsMs)) {
      numbers[index] = this.#numberOf(trackId);
    }
    return numbers;
  }

  /** Ours, which no object of the stream had before; theirs count from 1 at each start. */
  #numberOf(theirs: number): number {
    const known = this.#numbers.get(theirs) ?? this.#trackIds.next();
    // Behind all others, so that those go first that were not seen for longest.
    this.#numbers.delete(theirs);
    this.#numbers.set(theirs, known);
    if (this.#numbers.size > mostNumbers) this.#numbers.delete(this.#numbers.keys().next().value!);
    return known;
  }

  #renumbered(event: AnalysisEvent): AnalysisEvent {
    const theirs = event["track_id"];
    return typeof theirs === "number" ? { ...event, track_id: this.#numberOf(theirs) } : event;
  }

  #watchPlaces(tracks: readonly Tracked[], ptsMs: number): AnalysisEvent[] {
    return [
      ...this.#zones.flatMap(({ zone, accepts }) =>
        zone.update(tracks.filter(({ label }) => accepts(label)), ptsMs)
      ),
      ...this.#lines.flatMap(({ line, accepts, direction }) =>
        line.update(tracks.filter(({ label }) => accepts(label)), ptsMs)
          .filter((event) => direction === undefined || event["direction"] === direction)
      ),
    ];
  }

  #watchObjects(
    tracks: readonly Tracked[],
    frame: FrameInfo,
    sinceKeyMs: number,
  ): EventDraft[] {
    const objects = this.#objects;
    const { ptsMs, sequence, capturedAtMs } = frame;
    const drafts: EventDraft[] = [];
    for (const { trackId, ...detection } of tracks) {
      const seen: Sighting = { detection, ptsMs, sequence, capturedAtMs, sinceKeyMs };
      const life = this.#lives.get(trackId) ?? new ObjectLife(trackId, seen);
      this.#lives.set(trackId, life);
      life.see(seen, objects.stationary_after_ms);
      this.#noteZones(life);
      drafts.push(...this.#tell(life, ptsMs));
    }
    for (const life of this.#lives.values()) {
      if (ptsMs - life.last.ptsMs >= objects.lost_after_ms) drafts.push(...this.#end(life));
    }
    return drafts;
  }

  #noteZones(life: ObjectLife): void {
    for (const { zone, name } of this.#zones) {
      if (!zone.inside.has(life.id) || life.zones.has(name)) continue;
      life.zones.add(name);
      life.changed ||= life.started;
    }
  }

  /** That it is there, once it is no flicker; and what has changed, not too often. */
  #tell(life: ObjectLife, ptsMs: number): EventDraft[] {
    const { min_confidence, min_frames, min_ms, update_every_ms } = this.#objects;
    if (!life.started) {
      const isSure = life.sightings >= min_frames && ptsMs - life.first.ptsMs >= min_ms &&
        life.topConfidence >= min_confidence;
      if (!isSure) return [];
      life.tell(ptsMs);
      return [{
        ...this.#draft("object_started", life.first, life),
        data: dataOf(life),
        opens: { key: objectKey(this.#stream, life.id), endsAs: "object_ended" },
      }];
    }
    if (!life.changed || ptsMs - life.updatedAtMs < update_every_ms) return [];
    life.tell(ptsMs);
    return [{ ...this.#draft("object_updated", life.last, life), data: dataOf(life) }];
  }

  #end(life: ObjectLife, reason?: string): EventDraft[] {
    this.#lives.delete(life.id);
    // What is seen again after its end is another object, whatever number the use case gives it.
    for (const [theirs, ours] of this.#numbers) {
      if (ours !== life.id) continue;
      this.#numbers.delete(theirs);
      break;
    }
    if (!life.started) return [];
    return [{
      ...this.#draft("object_ended", life.last, life),
      ...(reason !== undefined && { reason }),
      data: {
        ...dataOf(life),
        labels: Object.fromEntries(life.labels),
        path: life.path.map(({ ptsMs, at: [x, y] }) => ({
          ms: Math.round(ptsMs - life.first.ptsMs),
          x: round(x),
          y: round(y),
        })),
      },
      closes: { key: objectKey(this.#stream, life.id) },
    }];
  }

  #draft(type: string, seen: Sighting | undefined, life?: ObjectLife): EventDraft {
    return {
      type,
      at: new Date(seen?.capturedAtMs ?? Date.now()).toISOString(),
      stream: this.#stream,
      use_case: this.#useCase,
      sequence: seen?.sequence ?? null,
      ...(life && seen && {
        object: {
          id: life.id,
          label: life.label,
          confidence: round(seen.detection.confidence),
          box: roundBox(seen.detection),
        },
      }),
    };
  }
}

/** What is told of an object at each change. */
function dataOf(life: ObjectLife): Record<string, unknown> {
  const { best, stationary, zones, topConfidence } = life;
  return {
    stationary,
    zones: [...zones],
    top_confidence: round(topConfidence),
    best: {
      sequence: best.sequence,
      confidence: round(best.detection.confidence),
      box: roundBox(best.detection),
    },
  };
}

function accepting(labels: readonly string[] | undefined): (label: string) => boolean {
  const wanted = labels && new Set(labels);
  return (label) => wanted?.has(label) ?? true;
}

function objectKey(stream: string, id: number): string {
  return `object_started ${stream} ${id}`;
}

function roundBox({ box: { x, y, width, height } }: Detection): Detection["box"] {
  return { x: round(x), y: round(y), width: round(width), height: round(height) };
}

/** A hundredth of a pixel at 1080p. */
function round(value: number): number {
  return Math.round(value * 1e5) / 1e5;
}
