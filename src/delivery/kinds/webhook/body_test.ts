import { deepEqual, equal, ok } from "node:assert/strict";
import type { SightlineEvent } from "../../../events/event.ts";
import { cloudEventAttributes, plainText } from "../cloud_event.ts";
import { type BodyFormat, formatBody, recordsBody } from "./body.ts";
import { serviceBody, services } from "./templates.ts";

const box = { x: 0, y: 0, width: 1, height: 1 };
const event = {
  ...{ id: "e1", type: "zone_entered", at: "2026-01-01T00:00:00.000Z", stream: "Tür 1" },
  ...{ use_case: null, sequence: null, zone: "yard" },
  object: { id: 3, label: "person", confidence: 0.5, box },
} as SightlineEvent;
const message = { event, json: JSON.stringify(event) };
const attributes = {
  ...{ specversion: "1.0", id: "e1", source: "/sightline/streams/T%C3%BCr%201" },
  ...{ type: "sightline.zone_entered", time: event.at, partitionkey: "Tür 1" },
  ...{ datacontenttype: "application/json", subject: "yard/person/3" },
};

Deno.test("an event is a CloudEvent about its object, zone or line", () => {
  deepEqual(cloudEventAttributes(event, null), attributes);
  const { source } = cloudEventAttributes(event, "https://h/base");
  equal(source, "https://h/base/streams/T%C3%BCr%201");
  const { object: _, zone: __, ...bare } = event;
  const subject = (more: Partial<SightlineEvent>) =>
    cloudEventAttributes({ ...bare, ...more }, null).subject;
  equal(subject({ line: "gate" }), "gate");
  equal(subject({ zone: "yard", line: "gate" }), "yard");
  equal(subject({ object: event.object! }), "person/3");
  ok(!("subject" in cloudEventAttributes(bare, null)));
});

Deno.test("plainText() has nothing that a header or a topic cannot hold", () => {
  equal(plainText("a\nb\u0085c\ufffed Tür 門 😀"), "a_b_c_d Tür 門 😀");
  equal(plainText("x".repeat(201)).length, 200);
  // What is cut in two is no character any more.
  equal(plainText("x".repeat(199) + "😀"), `${"x".repeat(199)}\ufffd`);
});

Deno.test("formatBody() puts an event into the body of each format", () => {
  const bodyOf = (format: BodyFormat, messages = [message]) => {
    const { body, headers } = formatBody(format, messages, null);
    return [JSON.parse(body as string), headers];
  };
  const structured = { ...attributes, data: event };
  deepEqual(bodyOf("standard"), [
    { type: "zone_entered", timestamp: event.at, data: event },
    { "content-type": "application/json" },
  ]);
  deepEqual(bodyOf("cloudevents"), [
    structured,
    { "content-type": "application/cloudevents+json" },
  ]);
  deepEqual(bodyOf("cloudevents_batch", [message, message]), [
    [structured, structured],
    { "content-type": "application/cloudevents-batch+json" },
  ]);
  deepEqual(bodyOf("cloudevents_binary"), [event, {
    "content-type": "application/json",
    ...{
      "ce-specversion": "1.0",
      "ce-id": "e1",
      "ce-source": "/sightline/streams/T%25C3%25BCr%25201",
    },
    ...{ "ce-type": "sightline.zone_entered", "ce-time": event.at },
    ...{ "ce-partitionkey": "T%C3%BCr%201", "ce-subject": "yard/person/3" },
  }]);
  for (const service of services) {
    deepEqual(formatBody(service, [message], null), serviceBody(service, message, null));
  }
});

Deno.test("headers of a CloudEvent hold any name, percent-encoded", () => {
  const { headers } = formatBody("cloudevents_binary", [{
    ...message,
    event: { ...event, stream: 'a"%\n~!😀', zone: "\t" },
  }], null);
  equal(headers["ce-partitionkey"], "a%22%25_~!%F0%9F%98%80");
  for (const value of Object.values(headers)) ok(/^[\x21-\x7e]+$/.test(value), value);
});

Deno.test("recordsBody() has the records of one request, in order", () => {
  const lines = [1, 2].map((sequence) =>
    JSON.stringify({ stream: "door", sequence, captured_at: event.at })
  );
  const before = Date.now();
  const standard = recordsBody("standard", lines, null);
  const { timestamp, ...rest } = JSON.parse(standard.body as string);
  deepEqual(rest, { type: "records", data: lines.map((line) => JSON.parse(line)) });
  ok(Date.parse(timestamp) >= before && Date.parse(timestamp) <= Date.now());
  equal(standard.headers["content-type"], "application/json");
  const events = recordsBody("cloudevents", lines, "https://h");
  deepEqual(
    JSON.parse(events.body as string),
    [1, 2].map((sequence, index) => ({
      ...{ specversion: "1.0", id: `${event.at}/${sequence}`, source: "https://h/streams/door" },
      ...{ type: "sightline.record", time: event.at, partitionkey: "door" },
      ...{ datacontenttype: "application/json", data: JSON.parse(lines[index]!) },
    })),
  );
  equal(events.headers["content-type"], "application/cloudevents-batch+json");
});
