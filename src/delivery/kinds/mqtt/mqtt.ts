/** `mqtt://…`, `mqtts://…`: events published to an MQTT broker, in our words or in those of others. */

import { choice, text, toggle } from "../../../settings/setting.ts";
import type { ValuesOf } from "../../../settings/setting.ts";
import { checkTls, tlsNeeds, tlsSettings } from "../broker_tls.ts";
import { type BrokerUrl, parseServerUrl } from "../broker_url.ts";
import { cloudEventAttributes } from "../cloud_event.ts";
import type {
  Destination,
  DestinationContext,
  DestinationKind,
  Message,
} from "../../destination.ts";
import { FrigateDialect } from "./frigate.ts";
import { HomeAssistant } from "./home_assistant.ts";
import { MqttConnection, type MqttView, type Publication } from "./mqtt_connection.ts";
import { topicWord } from "./mqtt_topic.ts";

const group = "Results and limits";
const urlAllowed = "must be mqtt://[user@]host[:1883][/prefix]";

const settings = {
  protocol: choice(["5", "3.1.1"], {
    group,
    value: "VERSION",
    help: "of MQTT: 5 or 3.1.1",
    default: "5",
  }),
  dialect: choice(["sightline", "frigate"], {
    group,
    value: "WORD",
    help: "whose topics and payloads: sightline or frigate",
    default: "sightline",
  }),
  home_assistant: toggle({ group, help: "announce cameras to Home Assistant", default: false }),
  discovery_prefix: text("a topic, such as homeassistant", {
    group,
    value: "TOPIC",
    help: "where Home Assistant looks for announcements",
    default: "homeassistant",
  }, /^[^+#\s]{1,200}$/),
  client_id: text("1 to 64 letters, digits, dashes or underscores", {
    group,
    value: "NAME",
    help: "of this client; by default one of its own at each start",
  }, /^[A-Za-z0-9_-]{1,64}$/),
  ...tlsSettings,
} as const;

type MqttSettings = ValuesOf<typeof settings>;

/** Messages under way in the outbox; the connection has at most 20 of them unacknowledged. */
const window = 200;

const tickMs = 10_000;

/** The kind; `kinds.ts` lists it. */
export const mqtt: DestinationKind<typeof settings> = {
  name: "mqtt",
  schemes: ["mqtt", "mqtts"],
  example: "mqtt://host",
  settings,
  check(url, settings) {
    const parts = parse(url);
    return parts !== null && !/[+#]/.test(parts.path) ? checkTls(settings) : urlAllowed;
  },
  needs: (url, settings) => ({ net: parse(url)?.hosts ?? [], read: tlsNeeds(settings) }),
  async open(url, settings, context) {
    const { default: library } = await import("mqtt");
    return new Mqtt(library, url, settings, context);
  },
};

function parse(url: string): BrokerUrl | null {
  return parseServerUrl(url, /^mqtts:/i.test(url) ? 8883 : 1883);
}

class Mqtt implements Destination {
  readonly order = "connection";
  readonly window = window;
  readonly batch = 1;
  readonly #connection: MqttConnection;
  readonly #context: DestinationContext;
  readonly #prefix: string;
  readonly #views: readonly MqttView[];
  readonly #saysOwn: boolean;
  readonly #keeping: Promise<void> | null;
  readonly #timer: ReturnType<typeof setInterval> | undefined;
  /** The views have published what they do at a connection. */
  #greeted: { readonly generation: number; readonly done: Promise<void> } | null = null;

  constructor(
    library: typeof import("mqtt").default,
    url: string,
    settings: MqttSettings,
    context: DestinationContext,
  ) {
    const broker = parse(url)!;
    this.#context = context;
    const isFrigate = settings.dialect === "frigate";
    this.#saysOwn = !isFrigate;
    const prefix = this.#prefix = broker.path || (isFrigate ? "frigate" : "sightline");
    this.#views = [
      ...isFrigate ? [new FrigateDialect(prefix, context)] : [],
      ...settings.home_assistant
        ? [new HomeAssistant(prefix, settings.discovery_prefix ?? "homeassistant", context)]
        : [],
    ];
    this.#connection = new MqttConnection(library, broker, settings, context, {
      availabilityTopic: `${prefix}/available`,
      topics: this.#views.flatMap(({ topics }) => topics),
      onMessage: (topic) => {
        if (this.#views.some((view) => view.isCall(topic))) this.#greetAgain();
      },
    });
    // A check sends nothing that a subscriber would take for real.
    this.#keeping = context.events === null
      ? null
      : this.#connection.keep(() => this.#greet().catch(() => undefined));
    const ticks = this.#views.flatMap((view) => view.tick ? [view.tick.bind(view)] : []);
    if (context.events !== null && ticks.length > 0) {
      this.#timer = setInterval(() => {
        for (const publication of ticks.flatMap((tick) => tick())) {
          // Where there is no connection it is of no interest any more once there is one.
          this.#connection.publish(publication).catch(() => undefined);
        }
      }, tickMs);
    }
  }

  async send([message]: readonly Message[], signal: AbortSignal): Promise<void> {
    const { event, json } = message!;
    const own: Publication[] = this.#saysOwn
      ? [{
        topic: `${this.#prefix}/events/${topicWord(event.stream)}/${topicWord(event.type)}`,
        payload: json,
        properties: cloudEventAttributes(event, this.#context.publicUrl),
      }]
      : [];
    await this.#connection.use(signal, async (publish) => {
      await this.#greet();
      const all = [...own, ...this.#views.flatMap((view) => view.follow(event))];
      await Promise.all(all.map(async (one) => {
        const publication = one instanceof Promise ? await one : one;
        // A picture that is too large is left out, and is no reason to refuse the event.
        const isPicture = one instanceof Promise;
        if (publication === null) return;
        if (isPicture && publication.payload.length > this.#connection.mostPictureBytes) return;
        await publish(publication);
      }));
    });
  }

  async sendRecords(lines: readonly string[], signal: AbortSignal): Promise<void> {
    await this.#connection.use(signal, async (publish) => {
      await Promise.all(lines.map((payload) =>
        publish({
          topic: `${this.#prefix}/records/${topicWord(JSON.parse(payload).stream)}`,
          payload,
          qos: 0,
        })
      ));
    });
  }

  async check(signal: AbortSignal): Promise<string> {
    return await this.#connection.use(signal, () => Promise.resolve(this.#connection.description));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer);
    await this.#connection[Symbol.asyncDispose]();
    await this.#keeping;
  }

  /** Once for each connection: what is retained there says what is now. */
  async #greet(): Promise<void> {
    if (this.#views.length === 0) return;
    const { generation } = this.#connection;
    if (this.#greeted?.generation !== generation) {
      this.#greeted = { generation, done: this.#publishViews() };
    }
    await this.#greeted!.done;
  }

  #greetAgain(): void {
    this.#greeted = null;
    void this.#greet().catch(() => undefined);
  }

  async #publishViews(): Promise<void> {
    const retained = await this.#connection.retained();
    for (const view of this.#views) {
      const publications = await view.connected(retained);
      await Promise.all(publications.map((one) => this.#connection.publish(one)));
    }
  }
}
