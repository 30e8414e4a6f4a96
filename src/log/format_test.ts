import assert from "node:assert/strict";
import type { LogRecord } from "@logtape/logtape";
import { formatJson, formatText } from "./format.ts";

// Made of local parts, so that the expected text is the same in every time zone.
const timestamp = new Date(2026, 10, 22, 10, 49, 46, 216).getTime();

function record(parts: Partial<LogRecord> = {}): LogRecord {
  return {
    category: ["sightline", "stream_reader"],
    level: "info",
    message: ["Connected"],
    rawMessage: "Connected",
    timestamp,
    properties: {},
    ...parts,
  };
}

Deno.test("formatText() has the form of the 2022.1 demo", () => {
  assert.equal(
    formatText(record()),
    "2026-11-22 10:49:46,216 - stream_reader - INFO - Connected",
  );
});

const textCases: { name: string; parts: Partial<LogRecord>; expected: string }[] = [
  {
    name: "the root alone keeps its name",
    parts: { category: ["sightline"] },
    expected: "sightline - INFO - Connected",
  },
  {
    name: "a stream's name stands before the part's",
    parts: { category: ["sightline", "door", "stream_reader"] },
    expected: "door.stream_reader - INFO - Connected",
  },
  {
    name: "levels are named as in Python",
    parts: { level: "warning" },
    expected: "stream_reader - WARNING - Connected",
  },
  {
    name: "the highest level too",
    parts: { level: "fatal" },
    expected: "stream_reader - CRITICAL - Connected",
  },
  {
    name: "values read without quotes",
    parts: {
      rawMessage: "{a}",
      message: ["from ", "rtsp://h", ", ", 3, " of ", { x: 1n }, ""],
      properties: { a: 1 },
    },
    expected: 'stream_reader - INFO - from rtsp://h, 3 of {"x":"1"}',
  },
  {
    name: "what is no object reads as it is",
    parts: {
      rawMessage: "{a}{b}{c}",
      message: ["", 5n, " ", undefined, " ", null, ""],
      properties: { a: 1 },
    },
    expected: "stream_reader - INFO - 5 undefined null",
  },
  {
    name: "the name of another library's logger is whole",
    parts: { category: ["logtape", "meta"] },
    expected: "logtape.meta - INFO - Connected",
  },
  {
    name: "an error reads with its causes",
    parts: {
      rawMessage: "{error}",
      message: ["", new Error("Cannot connect", { cause: new Error("refused") }), ""],
      properties: { error: 1 },
    },
    expected: "stream_reader - INFO - Cannot connect: refused",
  },
  {
    name: "braces without properties are text",
    parts: { rawMessage: 'server said {"code":3}', message: ["server said ", undefined, ""] },
    expected: 'stream_reader - INFO - server said {"code":3}',
  },
  {
    name: "no message forges a line",
    parts: { rawMessage: "x\n2026-11-22 10:49:46,216 - root - ERROR - forged" },
    expected: "stream_reader - INFO - x\\n2026-11-22 10:49:46,216 - root - ERROR - forged",
  },
  {
    name: "no name forges a line",
    parts: { category: ["sightline", "a\nb"] },
    expected: "a\\nb - INFO - Connected",
  },
];

for (const { name, parts, expected } of textCases) {
  Deno.test(`formatText(): ${name}`, () => {
    assert.equal(formatText(record(parts)), `2026-11-22 10:49:46,216 - ${expected}`);
  });
}

Deno.test("formatJson() gives time, level, logger, message and the properties", () => {
  const line = formatJson(record({
    rawMessage: "{dropped} dropped",
    message: ["", 3, " dropped"],
    properties: { dropped: 3, reason: "too_old" },
  }));
  assert.deepEqual(Object.entries(JSON.parse(line)), [
    ["time", new Date(timestamp).toISOString()],
    ["level", "INFO"],
    ["logger", "stream_reader"],
    ["message", "3 dropped"],
    ["dropped", 3],
    ["reason", "too_old"],
  ]);
});

Deno.test("formatJson() lets no property replace a fixed key", () => {
  const line = formatJson(
    record({ properties: { level: "DEBUG", time: "never", message: "forged" }, message: ["real"] }),
  );
  const { level, message, time } = JSON.parse(line);
  assert.deepEqual({ level, message }, { level: "INFO", message: "real" });
  assert.equal(time, new Date(timestamp).toISOString());
});

Deno.test("formatJson() survives properties that are no JSON", () => {
  const cyclic: Record<string, unknown> = {};
  cyclic["self"] = cyclic;
  assert.equal(JSON.parse(formatJson(record({ properties: cyclic }))).level, "INFO");
  const line = formatJson(
    record({ properties: { big: 2n ** 64n, error: new TypeError("bad", { cause: "worse" }) } }),
  );
  const { big, error } = JSON.parse(line);
  assert.deepEqual({ big, error }, { big: "18446744073709551616", error: "bad: worse" });
});

Deno.test("formatJson() writes one line whatever the message holds", () => {
  const line = formatJson(record({ rawMessage: 'x\n{"level":"ERROR"}\u2028\u0085' }));
  assert.doesNotMatch(line, /[\n\u2028\u0085]/);
  assert.equal(JSON.parse(line).message, 'x\n{"level":"ERROR"}\u2028\u0085');
});

Deno.test("a text of any length leaves a line that can be read, and no secret in it", () => {
  const mask = (text: string) => text.replaceAll("secret", "***");
  const long = "secret ".repeat(500_000);
  const said = { rawMessage: "{words}", message: ["", long, ""], properties: { words: long } };
  const text = formatText(record(said), mask);
  assert.ok(text.length < 5000 && text.endsWith("… (3500000 characters)"), text.slice(-40));
  const json = formatJson(record(said), mask);
  assert.ok(json.length < 10_000);
  assert.ok(!text.includes("secret") && !json.includes("secret"));
  assert.equal(JSON.parse(json).words, JSON.parse(json).message);
});

Deno.test("formatJson() leaves out properties that are too many, and stays JSON", () => {
  const list = Array.from({ length: 100_000 }, (_, i) => i);
  const json = formatJson(record({ properties: { list } }));
  assert.deepEqual(Object.keys(JSON.parse(json)), ["time", "level", "logger", "message"]);
});

Deno.test("formatText() masks no more than a part of a long text", () => {
  const lengths: number[] = [];
  formatText(record({ rawMessage: "x".repeat(100_000) }), (text) => {
    lengths.push(text.length);
    return text;
  });
  assert.deepEqual(lengths, [16_000]);
});

Deno.test("formatJson() leaves properties out of a record beyond 64,000 characters", () => {
  const texts = Object.fromEntries(Array.from({ length: 15 }, (_, n) => [n, "x".repeat(4000)]));
  const json = (last: string) => formatJson(record({ properties: { ...texts, last } }));
  const room = 64_000 - json("").length;
  assert.ok(room > 0 && room < 4000, String(room));
  assert.equal(json("y".repeat(room)).length, 64_000);
  assert.deepEqual(Object.keys(JSON.parse(json("y".repeat(room + 1)))), [
    ...["time", "level", "logger", "message"],
  ]);
});

Deno.test("formatText() shows 4000 characters, and of more says how many there are", () => {
  const mask = (text: string) => text.replaceAll("secret", "*");
  const before = formatText(record({ rawMessage: "" })).length;
  const shown = (text: string) => formatText(record({ rawMessage: text }), mask).slice(before);
  assert.equal(shown("x".repeat(4000)), "x".repeat(4000));
  assert.equal(shown("x".repeat(4001)), "x".repeat(4000) + "… (4001 characters)");
  // What fits once it is masked is whole; of what is longer it is not known whether it is.
  assert.equal(shown("secret".repeat(2666) + "abcd"), "*".repeat(2666) + "abcd");
  assert.match(shown("secret".repeat(2666) + "abcde"), /abcd… \(16001 characters\)$/);
});

Deno.test("formatText() joins the pieces of a message that was given as a template", () => {
  const pieces = ["from ", " on"] as unknown as TemplateStringsArray;
  const line = formatText(record({ rawMessage: pieces, message: ["from ", 3, " on"] }));
  assert.match(line, / - from 3 on$/);
});
