import assert from "node:assert/strict";
import { parseClassNames, toldBy, toldByServer } from "./class_names.ts";

const rows: [text: string, names: readonly string[] | undefined][] = [
  ["{0: 'person', 1: 'bicycle'}", ["person", "bicycle"]],
  [`{0: "driver's seat", 2: 'a, b: {c}'}`, ["driver's seat", "label 1", "a, b: {c}"]],
  ['["person", "bicycle"]', ["person", "bicycle"]],
  ['{"1": "face"}', ["label 0", "face"]],
  ["person, bicycle", ["person", "bicycle"]],
  ["{0: 1}", undefined],
  ["{person: 0}", undefined],
  ["{-1: 'person'}", undefined],
  ["{65536: 'person'}", undefined],
  ["{0.5: 'person'}", undefined],
  ["{0: ''}", undefined],
  ["{0: 'person', 1: 7}", undefined],
  ["null", undefined],
  ["[]", undefined],
  ["person,", undefined],
  ["{}", undefined],
  ["person", undefined],
  ["{", undefined],
  ["", undefined],
  ["7", undefined],
  ["[&a [*a]]", undefined],
];

for (const [text, names] of rows) {
  Deno.test(`parseClassNames() of ${text || "nothing"}`, () => {
    assert.deepEqual(parseClassNames(text), names);
  });
}

Deno.test("parseClassNames() takes 65,536 classes at most", () => {
  const names = parseClassNames("{65535: 'last'}");
  assert.deepEqual([names?.length, names?.[0], names?.at(-1)], [65_536, "label 0", "last"]);
});

Deno.test("toldBy() gives a model's properties as they are, and none where there are none", () => {
  assert.deepEqual(toldBy({}), {});
  assert.deepEqual(toldBy({ author: "a" }), { properties: { author: "a" } });
  const properties = { names: "['cat']", task: "detect" };
  assert.deepEqual(toldBy(properties), { labels: ["cat"], properties });
});

Deno.test("toldByServer() believes a model's own names before those of the server, and bounds them", () => {
  const rt_info = { model_info: { labels: "dog" } };
  const parameters = { names: "['cat']", other: 7 };
  assert.deepEqual(toldByServer({ parameters, rt_info }), {
    labels: ["cat"],
    properties: { names: "['cat']" },
  });
  const many = (count: number) =>
    toldByServer({ rt_info: { model_info: { labels: " x".repeat(count) } } }).labels?.length;
  assert.deepEqual([many(0), many(65_536), many(65_537)], [undefined, 65_536, undefined]);
});

const served: [what: string, answer: Parameters<typeof toldByServer>[0], labels?: string[]][] = [
  ["nothing", {}],
  ["text", { parameters: { names: "{0: 'person'}" } }, ["person"]],
  ["gRPC's text", { parameters: { names: { string_param: "{0: 'person'}" } } }, ["person"]],
  ["rt_info", { rt_info: { model_info: { labels: " person  traffic_light\n" } } }, [
    "person",
    "traffic light",
  ]],
  ["nonsense", { parameters: [null], rt_info: { model_info: 7 } }],
  ["numbers", { parameters: { names: 7, other: { int64_param: 7 } } }],
];
for (const [what, answer, labels] of served) {
  Deno.test(`toldByServer() of ${what}`, () => {
    assert.deepEqual(toldByServer(answer).labels, labels);
  });
}
