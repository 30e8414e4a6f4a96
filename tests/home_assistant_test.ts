/** Home Assistant takes what it is told over MQTT: cameras appear, have right states, change and go. */

import { deepEqual, equal } from "node:assert/strict";
import type { EventDraft } from "../src/events/event.ts";
import { reasonWithoutHomeAssistant, startHomeAssistant } from "./support/home_assistant.ts";
import { poll } from "./support/poll.ts";
import { reasonWithout, startMosquitto } from "./support/with_brokers.ts";
import { withDelivery } from "./support/with_delivery.ts";

const reason = reasonWithoutHomeAssistant || await reasonWithout("mosquitto");

const object = {
  id: 1,
  label: "person",
  confidence: 0.9,
  box: { x: 0.1, y: 0.2, width: 0.2, height: 0.4 },
};
const key = "object_started porch 1";
const started: Partial<EventDraft> = {
  type: "object_started",
  stream: "porch",
  object,
  opens: { key, endsAs: "object_ended" },
};
const entered: Partial<EventDraft> = { type: "zone_entered", stream: "porch", zone: "Tür", object };
const ended: Partial<EventDraft> = {
  type: "object_ended",
  stream: "porch",
  object,
  closes: { key },
};

Deno.test({
  name: `Home Assistant itself shows cameras as they are, and no camera that is no more${reason}`,
  ignore: reason !== "",
  async fn() {
    await using broker = await startMosquitto();
    await using home = await startHomeAssistant(broker.port);
    const sink = { url: `mqtt://127.0.0.1:${broker.port}`, home_assistant: true };
    const stateOf = async (id: string) => (await home.states()).get(id)?.state ?? null;
    const until = async (id: string, state: string | null) => {
      const found = new Set<string | null>();
      const isSo = async () => {
        const now = await stateOf(id);
        found.add(now);
        return now === state;
      };
      await poll(`${id} is ${state}`, isSo, 30_000).catch(async (cause) => {
        const words = `${id} was ${[...found]}; ${await home.log()}`;
        throw new Error(words, { cause });
      });
    };
    await withDelivery(sink, async ({ tell, drained }) => {
      await until("binary_sensor.sightline_porch_occupancy", "off");
      await until("binary_sensor.sightline_porch_connectivity", "on");
      await until("binary_sensor.sightline_yard_connectivity", "on");
      await until("image.sightline_porch_snapshot", "unknown");
      await until("sensor.sightline_porch_age", "212");
      await tell(1, started);
      await tell(1, entered);
      await drained();
      await until("binary_sensor.sightline_porch_occupancy", "on");
      await until("sensor.sightline_porch_count_person", "1");
      await until("sensor.sightline_porch_zone_tur", "1");
      await poll("the event entity", async () => {
        const event = (await home.states()).get("event.sightline_porch_event");
        return event?.attributes["event_type"] === "zone_entered";
      }, 30_000);
      await tell(1, ended);
      await drained();
      await until("binary_sensor.sightline_porch_occupancy", "off");
      await until("sensor.sightline_porch_count_person", "0");
      await tell(1, { type: "stream_lost", stream: "porch" });
      await drained();
      await until("binary_sensor.sightline_porch_connectivity", "off");
      await until("binary_sensor.sightline_porch_occupancy", "unavailable");
      // One that Sightline did not announce from the beginning.
      await tell(1, { type: "parcel_left", stream: "yard" });
      await drained();
      await poll("the event entity", async () => {
        const event = (await home.states()).get("event.sightline_yard_event");
        return event?.attributes["event_type"] === "parcel_left";
      }, 30_000);
    }, { streams: ["porch", "yard"], ageMs: () => 212 });
    await until("binary_sensor.sightline_yard_connectivity", "unavailable");
    // The yard is no more, and the porch is called something else.
    await withDelivery(sink, async () => {
      await until("binary_sensor.sightline_terrace_occupancy", "off");
      await until("binary_sensor.sightline_yard_connectivity", null);
      await until("sensor.sightline_porch_count_person", null);
    }, { streams: ["terrace"] });
    const ids = [...(await home.states()).keys()].filter((id) => id.includes("sightline"));
    deepEqual(ids.filter((id) => !id.includes("terrace")), []);
    // It found nothing wrong with what it was told.
    equal((await home.log()).match(/.*mqtt.*(warning|error).*/gi), null);
  },
});
