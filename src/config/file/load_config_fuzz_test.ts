import assert from "node:assert/strict";
import fc from "fast-check";
import { stringify } from "yaml";
import { withFiles } from "../../../tests/support/with_files.ts";
import { configSchema } from "./json_schema.ts";
import { loadConfig } from "./load_config.ts";

const keys = [...new Set(JSON.stringify(configSchema()).match(/(?<=")[a-z_]+(?=":\{)/g))];
const names = fc.constantFrom("a", "b", "a.b", "*", "", "__proto__", "constructor", "5", "x\ny");

/** Anything that YAML can hold, with the file's own keys at places right and wrong. */
const { value } = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.constantFrom(
      null,
      true,
      0,
      -1,
      1e99,
      "",
      "a",
      "stdout",
      "${A}",
      "${",
      "rtsp://u@c/x",
      "x.ts",
    ),
    fc.string({ maxLength: 8 }),
    fc.array(tie("value"), { maxLength: 3 }),
    fc.dictionary(fc.oneof(fc.constantFrom(...keys), names), tie("value"), { maxKeys: 6 }),
  ),
}));

const layer = fc.dictionary(fc.oneof(fc.constantFrom(...keys), names), value, { maxKeys: 6 });
const library = fc.dictionary(names, fc.oneof(layer, value), { maxKeys: 3 });

/** The sections where they belong, with anything within. */
const root = fc.record({
  streams: library,
  models: library,
  use_cases: library,
  sinks: fc.dictionary(names, value, { maxKeys: 3 }),
  defaults: layer,
}, { requiredKeys: [] });

Deno.test("loadConfig() says where each problem of any file is, and throws at none", async () => {
  await withFiles({}, async (directory) => {
    const file = `${directory}/s.yaml`;
    const line = /^.*s\.yaml(:\d+:\d+)?: [^\n]+$/;
    await fc.assert(
      fc.asyncProperty(fc.oneof(value, root), async (content) => {
        await Deno.writeTextFile(file, stringify(content));
        const { config, lines } = await loadConfig(file, {}, (name) => name);
        assert.equal(config === null, lines.length > 0);
        for (const one of lines) assert.match(one, line);
      }),
      { numRuns: 300 },
    );
  });
});

Deno.test("loadConfig() throws at no text, be it YAML or not", async () => {
  await withFiles({}, async (directory) => {
    const file = `${directory}/s.yaml`;
    const piece = fc.oneof(
      fc.constantFrom(
        ...keys,
        "streams:\n  ",
        ": ",
        "- ",
        "\n",
        "{",
        "}",
        "[",
        "&a ",
        "*a",
        "<<: ",
      ),
      fc.string({ maxLength: 4 }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(piece, { maxLength: 20 }), async (pieces) => {
        await Deno.writeTextFile(file, pieces.join(""));
        const { lines } = await loadConfig(file, {}, () => undefined);
        assert(lines.length > 0);
      }),
      { numRuns: 300 },
    );
  });
});
