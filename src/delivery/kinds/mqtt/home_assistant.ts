/** Cameras as devices of Home Assistant, by its MQTT discovery. */

import project from "../../../../deno.json" with { type: "json" };
import type { SightlineEvent } from "../../../events/event.ts";
import { fnv1aOfText } from "../../../fnv1a.ts";
import type { DestinationContext } from "../../destination.ts";
import type { MqttView, Publication } from "./mqtt_connection.ts";
import { slug, topicWord } from "./mqtt_topic.ts";
import { ObjectBook } from "./object_book.ts";

/** Types of events that Home Assistant is told of from the beginning; others as they come. */
const knownTypes = [
  ...[
    "object_started",
    "object_ended",
    "zone_entered",
    "zone_left",
    "zone_dwelled",
    "line_crossed",
  ],
  ...["stream_live", "stream_lost", "model_available", "model_unavailable"],
];

/** Labels, zones and types of events that a camera is announced with, at most so many of each. */
const mostNames = 100;

/** What is said of one camera. */
interface Camera {
  readonly stream: string;
  /** Of its device. */
  readonly id: string;
  readonly labels: Set<string>;
  readonly zones: Set<string>;
  readonly types: Set<string>;
  /** What was published last, by topic. */
  readonly states: Map<string, string>;
}

/**
 * One retained announcement for each camera. What it once had it keeps, read back from the broker,
 * so that a sensor does not vanish because no object of its kind has come since the last start.
 */
export class HomeAssistant implements MqttView {
  readonly topics: readonly string[];
  readonly #prefix: string;
  readonly #discovery: string;
  readonly #context: DestinationContext;
  readonly #book = new ObjectBook();
  readonly #cameras: ReadonlyMap<string, Camera>;

  constructor(prefix: string, discovery: string, context: DestinationContext) {
    this.#prefix = prefix;
    this.#discovery = discovery;
    this.#context = context;
    this.topics = [`${discovery}/status`, `${discovery}/device/+/config`];
    const ids = idsOf(prefix, context.streams);
    this.#cameras = new Map(context.streams.map((stream) => [stream, {
      stream,
      id: ids.get(stream)!,
      labels: new Set<string>(),
      zones: new Set<string>(),
      types: new Set<string>(knownTypes),
      states: new Map<string, string>(),
    }]));
  }

  isCall(topic: string): boolean {
    return topic === `${this.#discovery}/status`;
  }

  async connected(retained: ReadonlyMap<string, string>): Promise<readonly Publication[]> {
    const open = await this.#context.events?.ask("find", { open: true }, 10_000);
    this.#book.reset(open?.events ?? []);
    const removed: Publication[] = [];
    for (const [topic, payload] of retained) {
      const stream = this.#ownStream(topic, payload);
      if (stream === null) continue;
      const camera = this.#cameras.get(stream);
      if (camera) recall(camera, payload);
      if (camera === undefined || topic !== this.#topicOf(camera)) {
        const topics = [topic, ...this.#stateTopics(payload)];
        removed.push(...topics.map((topic) => ({ topic, payload: "", retain: true })));
      }
    }
    return [
      ...removed,
      ...[...this.#cameras.values()].flatMap((camera) => {
        camera.states.clear();
        this.#learn(camera);
        return [this.#announcement(camera), ...this.#states(camera)];
      }),
      ...this.tick(),
    ];
  }

  tick(): readonly Publication[] {
    return [...this.#cameras.keys()].flatMap((stream) => {
      const ageMs = this.#context.ageMs?.(stream) ?? null;
      const topic = `${this.#base(stream)}/age`;
      return ageMs === null ? [] : [{ topic, payload: String(Math.round(ageMs)), qos: 0 }];
    });
  }

  follow(event: SightlineEvent): readonly (Publication | Promise<Publication | null>)[] {
    const camera = this.#cameras.get(event.stream);
    if (!camera) return [];
    this.#book.note(event);
    const isNews = learn(camera.types, event.type);
    const isLearned = this.#learn(camera) || isNews;
    return [
      ...isLearned ? [this.#announcement(camera)] : [],
      ...this.#states(camera),
      ...camera.types.has(event.type) ? [this.#happening(event)] : [],
      ...hasPicture(event) ? [this.#picture(event)] : [],
    ];
  }

  /** The stream of an announcement of ours; null when it is not ours. */
  #ownStream(topic: string, payload: string): string | null {
    if (!topic.startsWith(`${this.#discovery}/device/${slug(this.#prefix)}_`)) return null;
    const config = parse(payload);
    const [component] = Object.values<Record<string, unknown>>(config?.cmps ?? {});
    // Another Sightline's prefix may begin as ours does.
    const isOurs = JSON.stringify(component?.["availability"] ?? null)
      .includes(JSON.stringify(this.#available));
    return isOurs && typeof config?.dev?.name === "string" ? config.dev.name : null;
  }

  /** Where an announcement says that states are, which are retained as well. */
  #stateTopics(payload: string): string[] {
    const components = Object.values<Record<string, unknown>>(parse(payload)?.cmps ?? {});
    return components.flatMap(({ state_topic, image_topic }) => [state_topic, image_topic])
      .filter((topic): topic is string => {
        return typeof topic === "string" && topic.startsWith(`${this.#prefix}/`);
      });
  }

  /** Whether the camera has labels or zones that were not announced before. */
  #learn({ stream, labels, zones }: Camera): boolean {
    const before = labels.size + zones.size;
    for (const label of this.#book.labelsOf(stream).keys()) learn(labels, label);
    for (const { entered } of this.#book.of(stream)) for (const zone of entered) learn(zones, zone);
    return labels.size + zones.size > before;
  }

  get #available(): string {
    return `${this.#prefix}/available`;
  }

  #base(stream: string): string {
    return `${this.#prefix}/${topicWord(stream)}`;
  }

  /** Those that changed. */
  #states(camera: Camera): Publication[] {
    const { stream, labels, zones, states } = camera;
    const base = this.#base(stream);
    const byLabel = this.#book.labelsOf(stream);
    const byZone = this.#book.zonesOf(stream);
    const now: [topic: string, payload: string][] = [
      [`${base}/connectivity`, this.#book.isLive(stream) ? "ON" : "OFF"],
      [`${base}/occupancy`, byLabel.size > 0 ? "ON" : "OFF"],
      ...[...labels].map((label): [string, string] => [
        `${base}/count/${topicWord(label)}`,
        String(byLabel.get(label) ?? 0),
      ]),
      ...[...zones].map((zone): [string, string] => [
        `${base}/zone/${topicWord(zone)}`,
        String(byZone.get(zone) ?? 0),
      ]),
    ];
    return now.filter(([topic, payload]) => states.get(topic) !== payload)
      .map(([topic, payload]) => {
        states.set(topic, payload);
        return { topic, payload, retain: true };
      });
  }

  #happening({ type, ...event }: SightlineEvent): Publication {
    const { id, at, object, zone, line, reason, duration_ms } = event;
    const told = { id, at, label: object?.label, zone, line, reason, duration_ms };
    return {
      topic: `${this.#base(event.stream)}/event`,
      payload: JSON.stringify({ event_type: type, ...told }),
    };
  }

  async #picture(event: SightlineEvent): Promise<Publication | null> {
    const payload = await this.#context.picture?.(event.id).catch(() => null) ?? null;
    const topic = `${this.#base(event.stream)}/snapshot`;
    return payload && { topic, payload, retain: true };
  }

  #topicOf({ id }: Camera): string {
    return `${this.#discovery}/device/${id}/config`;
  }

  #announcement(camera: Camera): Publication {
    const { stream, id, labels, zones, types } = camera;
    const { publicUrl } = this.#context;
    const base = this.#base(stream);
    const bridge = { topic: this.#available };
    const available = {
      availability: [bridge, {
        topic: `${base}/connectivity`,
        payload_available: "ON",
        payload_not_available: "OFF",
      }],
      availability_mode: "all",
    };
    const component = (name: string, platform: string, rest: object, domain = platform) => ({
      p: platform,
      unique_id: `${id}_${name}`,
      default_entity_id: `${domain}.${id}_${name}`,
      ...available,
      ...rest,
    });
    const count = { state_class: "measurement", unit_of_measurement: "objects" };
    const components = {
      connectivity: component("connectivity", "binary_sensor", {
        device_class: "connectivity",
        entity_category: "diagnostic",
        state_topic: `${base}/connectivity`,
        // It says itself that the camera is away.
        availability: [bridge],
      }),
      occupancy: component("occupancy", "binary_sensor", {
        device_class: "occupancy",
        state_topic: `${base}/occupancy`,
      }),
      ...this.#context.ageMs && {
        age: component("age", "sensor", {
          name: "Age of results",
          device_class: "duration",
          entity_category: "diagnostic",
          state_class: "measurement",
          unit_of_measurement: "ms",
          state_topic: `${base}/age`,
          // Six times missed: there are no results.
          expire_after: 60,
        }),
      },
      event: component("event", "event", {
        name: "Event",
        state_topic: `${base}/event`,
        event_types: [...types],
      }),
      snapshot: component("snapshot", "image", {
        name: "Snapshot",
        image_topic: `${base}/snapshot`,
        content_type: "image/jpeg",
      }),
      ...Object.fromEntries([...labels].map((label) => [
        `count_${slug(label)}`,
        component(`count_${slug(label)}`, "sensor", {
          ...count,
          name: `Count of ${label}`,
          state_topic: `${base}/count/${topicWord(label)}`,
        }),
      ])),
      ...Object.fromEntries([...zones].map((zone) => [
        `zone_${slug(zone)}`,
        component(`zone_${slug(zone)}`, "sensor", {
          ...count,
          name: `Count in ${zone}`,
          state_topic: `${base}/zone/${topicWord(zone)}`,
        }),
      ])),
    };
    return {
      topic: this.#topicOf(camera),
      payload: JSON.stringify({
        dev: {
          ids: [id],
          name: stream,
          mf: "Sightline",
          mdl: "Camera",
          sw: project.version,
          ...publicUrl !== null && { cu: `${publicUrl}/` },
        },
        o: { name: "Sightline", sw: project.version },
        cmps: components,
      }),
      retain: true,
    };
  }
}

/** Adds a name while there are few, and tells whether it is new: a label may be a number plate. */
function learn(names: Set<string>, name: string): boolean {
  if (names.has(name) || names.size >= mostNames) return false;
  names.add(name);
  return true;
}

/** An id for each stream; of two names that would have the same, the second has a hash in its own. */
function idsOf(prefix: string, streams: readonly string[]): ReadonlyMap<string, string> {
  const ids = new Map<string, string>();
  for (const stream of streams) {
    const id = `${slug(prefix)}_${slug(stream)}`;
    const isTaken = [...ids.values()].includes(id);
    ids.set(stream, isTaken ? `${id}_${fnv1aOfText(stream).toString(16)}` : id);
  }
  return ids;
}

/** What an earlier announcement said of a camera is said again. */
function recall(camera: Camera, payload: string): void {
  const { cmps = {} } = parse(payload) ?? {};
  for (const { name, event_types } of Object.values<Record<string, unknown>>(cmps)) {
    const [, label] = /^Count of (.+)$/.exec(String(name)) ?? [];
    const [, zone] = /^Count in (.+)$/.exec(String(name)) ?? [];
    if (label !== undefined) learn(camera.labels, label);
    if (zone !== undefined) learn(camera.zones, zone);
    if (Array.isArray(event_types)) {
      for (const type of event_types) learn(camera.types, String(type));
    }
  }
}

// deno-lint-ignore no-explicit-any
function parse(payload: string): any {
  try {
    return JSON.parse(payload);
  } catch {
    return null;
  }
}

function hasPicture({ type, snapshot }: SightlineEvent): boolean {
  return snapshot === true || type === "object_started" || type === "object_ended";
}
