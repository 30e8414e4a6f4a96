import { deepEqual, equal, match, notEqual } from "node:assert/strict";
import { resolve } from "node:path";
import { Needs } from "../settings/needs.ts";
import type { Problem } from "../settings/problem.ts";
import { problemLine } from "../settings/problem_line.ts";
import {
  describeUrl,
  destinationConfig,
  destinationNeeds,
  kindOf,
  parseDestination,
} from "./destination_config.ts";

function parse(given: unknown) {
  const problems: Problem[] = [];
  const config = parseDestination(given, problems);
  return { config, lines: problems.map(problemLine) };
}

const defaults = {
  ...{ settings: {}, sendsEvents: true, sendsRecords: false, everyMs: 0, filter: {} },
  bounds: { maxAgeMs: 7 * 86_400_000, maxEvents: 1_000_000, maxBytes: 1e9 },
  retryMs: [1000, 2000, 5000, 10_000, 30_000, 60_000],
  ...{ timeoutMs: 30_000, passwordFile: null },
};

Deno.test("a destination is complete, whichever way it was written", () => {
  const mqtt = { ...defaults, kind: "mqtt", name: "mqtt://h", url: "mqtt://h" };
  for (const given of ["mqtt://h", { url: "mqtt://h" }, { mqtt: { url: "mqtt://h" } }]) {
    deepEqual(parse(given), { config: mqtt, lines: [] });
  }
  const { config } = parse("jsonl+events:e");
  deepEqual(config, { ...defaults, kind: "jsonl_events", name: "jsonl+events:e", url: "e" });
  equal(kindOf(config!).name, "jsonl_events");
  equal(destinationConfig({ kind: "stdout", values: {} }), null);
});

Deno.test("a destination has all that was said of it", () => {
  const whole = parse({
    mqtt: {
      ...{ url: "mqtt://u@h", name: "home", send: "both", every_ms: 500, min_confidence: 0 },
      ...{ types: "alarm", labels: ["person", "car"], streams: "door", zones: "yard" },
      ...{ max_age: "1h", max_events: 5, max_mb: 2.5, retry: ["1s", "2s"], timeout_ms: 700 },
      ...{ password_file: "/secret", dialect: "frigate" },
    },
  });
  deepEqual(whole, {
    lines: [],
    config: {
      ...{ kind: "mqtt", name: "home", url: "mqtt://u@h", settings: { dialect: "frigate" } },
      ...{ sendsEvents: true, sendsRecords: true, everyMs: 500 },
      filter: {
        ...{ types: ["alarm"], labels: ["person", "car"], streams: ["door"], zones: ["yard"] },
        minConfidence: 0,
      },
      bounds: { maxAgeMs: 3_600_000, maxEvents: 5, maxBytes: 2_500_000 },
      ...{ retryMs: [1000, 2000], timeoutMs: 700, passwordFile: "/secret" },
    },
  });
  for (const [send, events, records] of [["events", true, false], ["records", false, true]]) {
    const { config } = parse({ url: "mqtt://h", send });
    deepEqual([config?.sendsEvents, config?.sendsRecords], [events, records]);
  }
});

Deno.test("what is wrong with a destination is told, and it is none", () => {
  for (const given of ["gopher://h", { mqtt: {} }, { mqtt: { url: "mqtt://h", max_events: 0 } }]) {
    const { config, lines } = parse(given);
    deepEqual([config, lines.length], [null, 1]);
  }
  match(parse({ mqtt: { url: "mqtt://" } }).lines[0]!, /mqtt/);
});

Deno.test("a destination needs its host, and the files that it names, from here", () => {
  const needs = new Needs(new URL("file:///app/"));
  const { config } = parse({ mqtt: { url: "mqtts://u@h", password_file: "pw", tls_ca: "ca" } });
  destinationNeeds(config!, needs);
  deepEqual(needs.values.get("net"), new Set(["h:8883"]));
  deepEqual(needs.values.get("read"), new Set([resolve("ca"), resolve("pw")]));
  deepEqual(needs.values.get("write"), new Set());
  const other = new Needs(new URL("file:///app/"));
  destinationNeeds(parse("jsonl+events:folder/e").config!, other);
  deepEqual(other.values.get("write"), new Set([resolve("folder")]));
});

Deno.test("describeUrl() shows an address without what is secret, and tells two of a service apart", () => {
  const plain = [
    ["https://u:geheim@h/hook?token=geheim#geheim", "https://h/hook"],
    ["https://h/", "https://h"],
    ["https://h/a/b/", "https://h/a/b"],
    ["no url", "no url"],
  ] as const;
  for (const [url, shown] of plain) equal(describeUrl(url), shown);
  const key = (word: string) => describeUrl(`https://hooks.example/services/T0${word}2345678/x`);
  match(key("a"), /^https:\/\/hooks\.example\/services\/\*\*\*\/x \([0-9a-f]{6}\)$/);
  notEqual(key("a"), key("b"));
  equal(key("a"), key("a"));
  // A host is none, however it is called.
  equal(describeUrl("https://a1b2c3d4e5f6.example/hook"), "https://a1b2c3d4e5f6.example/hook");
});
