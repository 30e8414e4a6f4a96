import assert from "node:assert/strict";
import { parseClassNames, toldByServer } from "./class_names.ts";

const rows: [text: string, names: readonly string[] | undefined][] = [
  ["{0: 'person', 1: 'bicycle'}", ["person", "bicycle"]],
  [`{0: "driver's seat", 2: 'a, b: {c}'}`, ["driver's seat", "label 1", "a, b: {c}"]],
  ['["person", "bicycle"]', ["person", "bicycle"]],
  ['{"1": "face"}', ["label 0", "face"]],
  ["person, bicycle", ["person", "bicycle"]],
  ["{0: 1}", undefined],
  ["{person: 0}", undefined],
  ["{-1: 'person'}", undefined],
  ["{9999999999: 'person'}", undefined],
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
