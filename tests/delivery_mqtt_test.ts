/** Events reach an MQTT broker, a real mosquitto, in our words, Home Assistant's and Frigate's. */

import { deepEqual, equal, match, ok } from "node:assert/strict";
import { getLogger } from "@logtape/logtape";
import mqtt from "mqtt";
import { parseDestination } from "../src/delivery/destination_config.ts";
import { checkDestination } from "../src/delivery/open_destination.ts";
import { SecretMask } from "../src/log/secret_mask.ts";
import type { EventDraft } from "../src/events/event.ts";
import { type Broker, reasonWithout, startMosquitto } from "./support/with_brokers.ts";
import { killWhileDelivering } from "./support/kill_while_delivering.ts";
import { poll } from "./support/poll.ts";
import { noCertificates, withCertificates } from "./support/with_certificates.ts";
import { withDelivery } from "./support/with_delivery.ts";

const reason = await reasonWithout("mosquitto");
const ignore = reason !== "";

interface Received {
  readonly topic: string;
  readonly payload: string;
  readonly retain: boolean;
  readonly properties: Readonly<Record<string, unknown>>;
}

/** A client that subscribes to everything, and can wait for what comes. */
async function listen(port: number, protocolVersion: 4 | 5 = 5) {
  const client = await mqtt.connectAsync(`mqtt://127.0.0.1:${port}`, { protocolVersion });
  const received: Received[] = [];
  let news = Promise.withResolvers<void>();
  client.on("message", (topic, payload, { retain, properties }) => {
    const { userProperties = {} } = properties ?? {};
    received.push({
      topic,
      payload: payload.toString(),
      retain,
      properties: { ...userProperties },
    });
    news.resolve();
    news = Promise.withResolvers();
  });
  await client.subscribeAsync("#", { qos: 1 });
  return {
    client,
    received,
    async until(found: () => boolean): Promise<void> {
      const patience = AbortSignal.timeout(20_000);
      const late = Promise.withResolvers<never>();
      // It may come when nothing waits any more.
      late.promise.catch(() => undefined);
      patience.onabort = () =>
        late.reject(new Error(`not received: ${JSON.stringify(received.slice(-20))}`));
      while (!found()) await Promise.race([news.promise, late.promise]);
    },
    /** The latest payload of a topic. */
    latest: (topic: string) => received.findLast((one) => one.topic === topic)?.payload,
    async [Symbol.asyncDispose]() {
      await client.endAsync(true);
    },
  };
}

function url({ port }: Broker, prefix = ""): string {
  return `mqtt://127.0.0.1:${port}${prefix}`;
}

const object = {
  id: 1,
  label: "person",
  confidence: 0.9,
  box: { x: 0.1, y: 0.2, width: 0.2, height: 0.4 },
};

const started: Partial<EventDraft> = {
  type: "object_started",
  stream: "a",
  object,
  opens: { key: "object_started a 1", endsAs: "object_ended" },
};
const entered: Partial<EventDraft> = { type: "zone_entered", stream: "a", zone: "door", object };
const ended: Partial<EventDraft> = {
  type: "object_ended",
  stream: "a",
  object,
  closes: { key: "object_started a 1" },
};

for (const protocol of ["5", "3.1.1"] as const) {
  Deno.test({
    name: `MQTT ${protocol}: every event in order, over a broker that freezes${reason}`,
    ignore,
    async fn() {
      await using broker = await startMosquitto();
      await using listener = await listen(broker.port);
      const given = { url: url(broker), protocol, timeout_ms: 1000, retry: ["0.1s"] };
      await withDelivery(given, async ({ tell, drained, outbox }) => {
        await tell(300);
        await drained();
        broker.signal("SIGSTOP");
        await tell(100);
        await poll("a failure", () => outbox.counts().failures > 0);
        broker.signal("SIGCONT");
        await drained();
        const events = () =>
          listener.received.filter(({ topic }) => topic.startsWith("sightline/events"));
        const ids = () => [...new Set(events().map(({ payload }) => JSON.parse(payload).id))];
        await listener.until(() => ids().length === 400);
        for (const [turn, stream] of ["a", "b"].entries()) {
          const told = events().map(({ payload }) => JSON.parse(payload))
            .filter((event) => event.stream === stream).map(({ data }) => data.index);
          const expected = Array.from({ length: 200 }, (_, index) => 2 * index + turn);
          deepEqual([...new Set(told)], expected);
        }
        ok(events().length - 400 <= 20, `${events().length - 400} came twice`);
        const [first] = events();
        equal(first!.topic, "sightline/events/a/told");
        if (protocol === "5") {
          equal(first!.properties["specversion"], "1.0");
          equal(first!.properties["id"], JSON.parse(first!.payload).id);
        }
      });
    },
  });
}

Deno.test({
  name: `MQTT: nothing is lost when Sightline is killed, and the order holds${reason}`,
  ignore,
  async fn() {
    await using broker = await startMosquitto();
    await using listener = await listen(broker.port);
    const { written } = await killWhileDelivering({
      sink: url(broker),
      kills: 2,
      window: 20,
      received: () =>
        listener.received.filter(({ topic }) => topic.startsWith("sightline/events"))
          .map(({ payload }) => JSON.parse(payload).id),
    });
    ok(written > 0);
  },
});

Deno.test({
  name: `MQTT: availability is retained, and says when Sightline has gone${reason}`,
  ignore,
  async fn() {
    await using broker = await startMosquitto();
    await using listener = await listen(broker.port);
    await withDelivery(url(broker, "/house/cameras"), async () => {
      await listener.until(() => listener.latest("house/cameras/available") === "online");
    });
    await listener.until(() => listener.latest("house/cameras/available") === "offline");
  },
});

Deno.test({
  name: `MQTT: a check says nothing of the Sightline that runs, nor that there is none${reason}`,
  ignore,
  async fn() {
    await using broker = await startMosquitto();
    await using listener = await listen(broker.port);
    const sink = { url: url(broker), home_assistant: true };
    await withDelivery(sink, async ({ tell, drained }) => {
      await tell(1);
      await drained();
      const config = parseDestination(sink, [])!;
      const given = { logger: getLogger(["test"]), publicUrl: null };
      const signal = AbortSignal.timeout(20_000);
      equal(
        await checkDestination(config, new SecretMask(), { ...given, signal }),
        "MQTT 5 broker",
      );
      // What the check said would have come before this.
      await listener.client.publishAsync("done", "", { qos: 1 });
      await listener.until(() => listener.latest("done") === "");
      equal(listener.latest("sightline/available"), "online");
    });
    await listener.until(() => listener.latest("sightline/available") === "offline");
  },
});

Deno.test({
  name: `MQTT: a topic that the broker forbids is set aside, and others go on${reason}`,
  ignore,
  async fn() {
    await using broker = await startMosquitto((port, folder) => {
      Deno.writeTextFileSync(
        `${folder}/acl`,
        // Not even whether Sightline is there may be said.
        "topic readwrite sightline/events/+/told\ntopic read #\n",
      );
      return `listener ${port} 127.0.0.1\nallow_anonymous true\nacl_file ${folder}/acl\n`;
    });
    await withDelivery(url(broker), async ({ tell, drained, outbox }) => {
      await tell(5);
      await tell(1, { type: "secret" });
      await tell(5);
      await drained();
      const { delivered, refused } = outbox.counts();
      deepEqual({ delivered, refused }, { delivered: 10, refused: 1 });
    });
  },
});

Deno.test({
  name:
    `MQTT: a picture that is larger than the broker takes is left out, the event is not${reason}`,
  ignore,
  async fn() {
    await using broker = await startMosquitto((port) =>
      `listener ${port} 127.0.0.1\nallow_anonymous true\nmax_packet_size 20000\n`
    );
    await using listener = await listen(broker.port);
    const sizes = [100_000, 1000];
    const picture = () => Promise.resolve(new Uint8Array(sizes.shift()!));
    const given = { url: url(broker), home_assistant: true };
    await withDelivery(given, async ({ tell, drained, outbox }) => {
      await tell(1, started);
      await tell(1, ended);
      await drained();
      const { delivered, refused, failures } = outbox.counts();
      deepEqual({ delivered, refused, failures }, { delivered: 2, refused: 0, failures: 0 });
      const shown = () => listener.received.filter(({ topic }) => topic === "sightline/a/snapshot");
      await listener.until(() => shown().length > 0);
      equal(shown().length, 1);
    }, { picture });
  },
});

Deno.test({
  name: `MQTT: with TLS the broker is verified, and shown the client's certificate${reason}`,
  ignore: ignore || noCertificates !== null,
  async fn() {
    await using files = await withCertificates();
    await using broker = await startMosquitto((port) =>
      [
        `listener ${port} 127.0.0.1`,
        "allow_anonymous true",
        `cafile ${files.ca}`,
        `certfile ${files.serverCert}`,
        `keyfile ${files.serverKey}`,
        "require_certificate true",
      ].join("\n") + "\n"
    );
    const client = { tls_cert: files.clientCert, tls_key: files.clientKey };
    const given = { url: `mqtts://127.0.0.1:${broker.port}`, retry: ["0.1s"], ...client };
    await withDelivery(given, async ({ tell, outbox }) => {
      await tell(1);
      await poll("a refusal", () => outbox.counts().lastError !== null);
      match(outbox.counts().lastError!, /certificate|UnknownIssuer/i);
      equal(outbox.counts().delivered, 0);
    });
    await withDelivery({ ...given, tls_ca: files.ca }, async ({ tell, drained, outbox }) => {
      await tell(3);
      await drained();
      equal(outbox.counts().delivered, 3);
    });
  },
});

Deno.test({
  name: `Home Assistant: cameras are announced, counted, kept over a start and removed${reason}`,
  ignore,
  async fn() {
    await using broker = await startMosquitto();
    await using listener = await listen(broker.port);
    const given = { url: url(broker), home_assistant: true };
    const config = "homeassistant/device/sightline_a/config";
    await withDelivery(given, async ({ tell, drained }) => {
      await listener.until(() => listener.latest(config) !== undefined);
      const { dev, o, cmps } = JSON.parse(listener.latest(config)!);
      equal(dev.name, "a");
      equal(o.name, "Sightline");
      equal(cmps.occupancy.device_class, "occupancy");
      equal(cmps.occupancy.default_entity_id, "binary_sensor.sightline_a_occupancy");
      await listener.until(() => listener.latest("sightline/a/occupancy") === "OFF");
      await tell(1, started);
      await tell(1, entered);
      await drained();
      await listener.until(() => listener.latest("sightline/a/zone/door") === "1");
      equal(listener.latest("sightline/a/occupancy"), "ON");
      equal(listener.latest("sightline/a/count/person"), "1");
      equal(JSON.parse(listener.latest("sightline/a/event")!).event_type, "zone_entered");
      const announced = JSON.parse(listener.latest(config)!).cmps;
      equal(announced.count_person.state_topic, "sightline/a/count/person");
      equal(announced.zone_door.state_class, "measurement");
      await tell(1, ended);
      await drained();
      await listener.until(() => listener.latest("sightline/a/zone/door") === "0");
      equal(listener.latest("sightline/a/occupancy"), "OFF");
      // Home Assistant was started again: it has forgotten states that are not retained.
      const before = listener.received.length;
      await listener.client.publishAsync("homeassistant/status", "online");
      await listener.until(() =>
        listener.received.slice(before).some(({ topic }) => topic === config)
      );
    });
    await withDelivery(given, async () => {
      await listener.until(() => listener.latest("sightline/available") === "online");
      await listener.until(() => /Count of person/.test(listener.latest(config)!));
      // Camera b is no more.
      const gone = "homeassistant/device/sightline_b/config";
      await listener.until(() => listener.latest(gone) === "");
      await listener.until(() => listener.latest("sightline/b/connectivity") === "");
      // Two names that are the same among Home Assistant's ids.
      const devices = () =>
        new Set(
          listener.received.filter(({ topic, payload }) =>
            /device\/sightline_a(_[0-9a-f]+)?\/config$/.test(topic) && payload !== ""
          ).map(({ topic }) => topic),
        );
      await listener.until(() => devices().size === 2);
    }, { streams: ["a", "A"] });
    // Another Sightline, whose prefix begins as this one's does.
    const other = "homeassistant/device/sightline_garage_c/config";
    const garage = { url: url(broker, "/sightline/garage"), home_assistant: true };
    await withDelivery(garage, async () => {
      await listener.until(() => listener.latest(other) !== undefined);
      await withDelivery(given, async ({ tell, drained }) => {
        await tell(1, { stream: "a" });
        await drained();
      }, { streams: ["a"] });
      await listener.until(() =>
        listener.received.findLast(({ topic }) => topic === "sightline/available")?.payload ===
          "offline"
      );
    }, { streams: ["c"] });
    ok(listener.latest(other) !== "");
  },
});

Deno.test({
  name: `Frigate's dialect: new, update and end of an object, and counts${reason}`,
  ignore,
  async fn() {
    await using broker = await startMosquitto();
    await using listener = await listen(broker.port);
    await withDelivery({ url: url(broker), dialect: "frigate" }, async ({ tell, drained }) => {
      await tell(1, started);
      await tell(1, entered);
      await tell(1, ended);
      await drained();
      const events = () => listener.received.filter(({ topic }) => topic === "frigate/events");
      await listener.until(() => events().length === 3);
      const told = events().map(({ payload }) => JSON.parse(payload));
      deepEqual(told.map(({ type }) => type), ["new", "update", "end"]);
      equal(new Set(told.map(({ after }) => after.id)).size, 1);
      deepEqual(told[1]!.after.current_zones, ["door"]);
      deepEqual(told[1]!.before.current_zones, []);
      deepEqual(told[0]!.after.box, [128, 144, 384, 432]);
      equal(told[0]!.after.end_time, null);
      ok(told[2]!.after.end_time >= told[2]!.after.start_time);
      const counts = listener.received.filter(({ topic }) => topic === "frigate/a/person");
      deepEqual(counts.map(({ payload }) => payload), ["1", "0"]);
      equal(listener.latest("frigate/door/all"), "0");
      match(listener.latest("frigate/available") ?? "", /online/);
    });
  },
});
