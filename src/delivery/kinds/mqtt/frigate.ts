/** Events in the words of Frigate, so that what people wrote for it goes on working. */

import type { SightlineEvent } from "../../../events/event.ts";
import type { DestinationContext } from "../../destination.ts";
import type { MqttView, Publication } from "./mqtt_connection.ts";
import { topicWord } from "./mqtt_topic.ts";
import { ObjectBook, type PresentObject } from "./object_book.ts";

/** Its `frigate/events`, counts by camera, zone and label, and best pictures. */
export class FrigateDialect implements MqttView {
  readonly topics = [];
  readonly #prefix: string;
  readonly #context: DestinationContext;
  readonly #book = new ObjectBook();
  /** As they were told last, by the id of what began them. */
  readonly #told = new Map<string, Record<string, unknown>>();
  readonly #counts = new Map<string, number>();

  constructor(prefix: string, context: DestinationContext) {
    this.#prefix = prefix;
    this.#context = context;
  }

  isCall(): boolean {
    return false;
  }

  async connected(): Promise<readonly Publication[]> {
    const open = await this.#context.events?.ask("find", { open: true }, 10_000);
    this.#book.reset(open?.events ?? []);
    return this.#changedCounts();
  }

  follow(event: SightlineEvent): readonly (Publication | Promise<Publication | null>)[] {
    const { type } = event;
    const isEnd = type === "object_ended";
    const present = this.#book.note(event);
    if (present === null) return this.#changedCounts();
    const after = this.#describe(present, event, isEnd);
    const before = this.#told.get(present.startedId) ?? after;
    const isNew = type === "object_started";
    if (isEnd) this.#told.delete(present.startedId);
    else this.#told.set(present.startedId, after);
    const payload = JSON.stringify({
      type: isEnd ? "end" : isNew ? "new" : "update",
      before,
      after,
    });
    return [
      { topic: `${this.#prefix}/events`, payload },
      ...this.#changedCounts(),
      ...isEnd ? [this.#picture(present)] : [],
    ];
  }

  async #picture({ stream, startedId, object }: PresentObject): Promise<Publication | null> {
    const payload = await this.#context.picture?.(startedId).catch(() => null) ?? null;
    const words = [stream, object.label].map(topicWord).join("/");
    return payload && { topic: `${this.#prefix}/${words}/snapshot`, payload, retain: true };
  }

  /** By camera and label, and by zone and label; `all` counts every label. */
  #changedCounts(): Publication[] {
    const counts = new Map([...this.#counts.keys()].map((topic) => [topic, 0]));
    const add = (place: string, label: string) => {
      for (const word of [label, "all"]) {
        const topic = `${this.#prefix}/${topicWord(place)}/${topicWord(word)}`;
        counts.set(topic, (counts.get(topic) ?? 0) + 1);
      }
    };
    for (const stream of this.#context.streams) {
      for (const { object, zones } of this.#book.of(stream)) {
        add(stream, object.label);
        for (const zone of zones) add(zone, object.label);
      }
    }
    const changed = [...counts].filter(([topic, count]) => this.#counts.get(topic) !== count);
    for (const [topic, count] of changed) this.#counts.set(topic, count);
    return changed.map(([topic, count]) => ({ topic, payload: String(count), retain: true }));
  }

  /** Boxes are pixels there, of a picture of 1280×720: Sightline's are fractions of any picture. */
  #describe(
    present: PresentObject,
    event: SightlineEvent,
    isEnd: boolean,
  ): Record<string, unknown> {
    const { stream, startedId, startedAt, object, zones, entered, stationary } = present;
    const { x, y, width, height } = object.box;
    const [left, top] = [Math.round(x * 1280), Math.round(y * 720)];
    const [right, bottom] = [Math.round((x + width) * 1280), Math.round((y + height) * 720)];
    return {
      id: startedId,
      camera: stream,
      frame_time: seconds(event.at),
      snapshot_time: seconds(event.at),
      label: object.label,
      sub_label: null,
      top_score: present.topConfidence,
      false_positive: false,
      start_time: seconds(startedAt),
      end_time: isEnd ? seconds(event.at) : null,
      score: object.confidence,
      box: [left, top, right, bottom],
      area: (right - left) * (bottom - top),
      ratio: bottom === top ? 0 : Math.round((right - left) / (bottom - top) * 100) / 100,
      region: [0, 0, 1280, 720],
      current_zones: [...zones],
      entered_zones: [...entered],
      has_snapshot: this.#context.picture !== undefined,
      has_clip: false,
      active: !stationary,
      stationary,
      motionless_count: 0,
      position_changes: 0,
      attributes: {},
    };
  }
}

function seconds(at: string): number {
  return Date.parse(at) / 1000;
}
