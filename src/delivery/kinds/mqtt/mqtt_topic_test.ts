import { equal, match, notEqual } from "node:assert/strict";
import { slug, topicWord } from "./mqtt_topic.ts";

Deno.test("topicWord() leaves nothing in a word that means something in a topic", () => {
  for (
    const [text, word] of [
      ["Einfahrt ←", "Einfahrt ←"],
      ["a/b+c#d", "a_b_c_d"],
      ["", "_"],
      ["x\u0000\n\u0085\uffffy", "x____y"],
      ["\ud800", "\ufffd"],
    ] as const
  ) equal(topicWord(text), word);
  equal(topicWord("人".repeat(70_000)).length, 200);
});

Deno.test("slug() makes ids that Home Assistant takes, another for each text", () => {
  equal(slug("Front-Door 2"), "front_door_2");
  equal(slug("Tür"), "tur");
  const [person, car] = ["人", "车"].map(slug);
  notEqual(person, car);
  for (const text of ["人", "Straße", "__", "zone 人"]) {
    match(slug(text), /^[a-z0-9]+(_[a-z0-9]+)*$/);
  }
});
