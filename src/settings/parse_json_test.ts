import assert from "node:assert/strict";
import fc from "fast-check";
import { parseJson } from "./parse_json.ts";

Deno.test("parseJson() gives any JSON value back", () => {
  fc.assert(fc.property(fc.jsonValue(), (value) => {
    assert.deepEqual(parseJson(JSON.stringify(value)), JSON.parse(JSON.stringify(value)));
  }));
});

Deno.test("parseJson() names the character that was put in where none belongs", () => {
  fc.assert(fc.property(fc.jsonValue(), fc.nat(), (value, seed) => {
    const json = JSON.stringify({ value });
    // Outside of strings no JSON text holds this character, so it is the first one at fault there.
    const places = [...json].flatMap((_, index) => isOutsideString(json, index) ? [index] : []);
    const at = places[seed % places.length]!;
    assert.throws(() => parseJson(json.slice(0, at) + "§" + json.slice(at)), {
      name: "SettingError",
      message: `is not JSON: unexpected "§" at character ${at + 1}`,
    });
  }));
});

Deno.test("parseJson() says that more is needed where the text was cut", () => {
  fc.assert(fc.property(fc.jsonValue(), fc.nat(), (value, seed) => {
    const json = JSON.stringify({ value });
    const length = seed % json.length;
    assert.throws(() => parseJson(json.slice(0, length)), {
      name: "SettingError",
      message: `is not JSON: it ends too early, after character ${length}`,
    });
  }));
});

Deno.test("parseJson() names a last character that does not close what is open", () => {
  assert.throws(() => parseJson("[1}"), { message: 'is not JSON: unexpected "}" at character 3' });
});

function isOutsideString(json: string, index: number): boolean {
  return json.slice(0, index).replace(/\\./gs, "").split('"').length % 2 === 1;
}
