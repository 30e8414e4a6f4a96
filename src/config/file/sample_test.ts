/** The sample file, the JSON Schema, and what Sightline itself makes of both. */

import assert from "node:assert/strict";
import { Ajv } from "ajv";
import { parse } from "yaml";
import { configSchema } from "./json_schema.ts";
import { loadConfig } from "./load_config.ts";
import { sectionKeys } from "./read_sections.ts";
import { processSettings, streamSettings } from "../settings.ts";
import { secondarySettings } from "../../stream/settings.ts";
import type { SettingTable } from "../../settings/setting.ts";
import { sampleOf } from "../../../tools/settings_sample.ts";
import { withFiles } from "../../../tests/support/with_files.ts";

const deploy = new URL("../../../deploy/", import.meta.url);
const sample = await Deno.readTextFile(new URL("sightline.example.yaml", deploy));

/** The sample with everything that is commented out. */
const complete = sample.replaceAll(/^( *)#(?=[a-z_]+:)/gm, "$1");

const isValid = new Ajv({ allErrors: true, strict: true, allowUnionTypes: true })
  .compile(configSchema());

Deno.test("deploy/sightline.schema.json is what the settings make (else: deno task settings)", async () => {
  const shipped = await Deno.readTextFile(new URL("sightline.schema.json", deploy));
  assert.deepEqual(JSON.parse(shipped), configSchema());
});

Deno.test("the sample names every key that there is, and its schema", () => {
  const named = new Set([...complete.matchAll(/^ *(?:- )?([a-z_]+):/gm)].map(([, key]) => key));
  const known = [
    ...Object.values(sectionKeys),
    { table: secondarySettings, more: [] },
  ].flatMap(({ table, more }) => [
    ...Object.keys(table),
    ...more,
  ]);
  assert.deepEqual([...new Set(known)].filter((key) => !named.has(key)), []);
  assert.match(sample, /^# yaml-language-server: \$schema=sightline.schema.json\n/);
});

Deno.test("the sample's remarks are what the settings make (else: deno task settings)", () => {
  assert.equal(sample, sampleOf(sample));
});

Deno.test("the sample tells the defaults that hold", () => {
  const told = [...sample.matchAll(/^ *#?([a-z_]+): .* # .* \[(\S+)\]$/gm)];
  assert(told.length > 15);
  const settings: SettingTable = { ...secondarySettings, ...streamSettings, ...processSettings };
  for (const [, key = "", value] of told) {
    assert.equal(value, String(settings[key]?.default), key);
  }
});

Deno.test("sampleOf() adds a key that is missing, and leaves the values that are there", () => {
  const short = sample.replace(/^ *ffmpeg_memory_mb: .*\n/m, "").replace(
    "buffer_size: 100",
    "buffer_size: 7",
  );
  const again = sampleOf(short);
  assert.match(again, /^ +#ffmpeg_memory_mb: 512 # memory of a camera/m);
  assert.match(again, /^ +buffer_size: 7 # frames that may wait/m);
});

Deno.test("the sample loads as it is", async () => {
  const file = new URL("sightline.example.yaml", deploy).pathname;
  const { config, lines, notices } = await loadConfig(file, {}, () => undefined);
  assert.deepEqual(lines, []);
  assert.deepEqual(config?.streams.map(({ name }) => name), [
    "yard",
    "door.objects",
    "door.motion",
  ]);
  assert.deepEqual(notices, ["models.faces is used by no stream"]);
});

Deno.test("the sample loads with everything that is commented out", async () => {
  const here = complete.replaceAll("../", new URL("../../../", import.meta.url).pathname)
    .replaceAll("/3 ", "/4 ")
    // Certificates of a camera mean something with TLS only.
    .replace("rtsp://viewer", "rtsps://viewer")
    // A secret stands in the file or in one of its own.
    .replaceAll(/^visualizer_((operate_)?token|password): .*$/gm, "")
    // Keys for which no value was thought of yet.
    .replaceAll(/^ *[a-z_]+: [A-Z,/]+ # .*\n/gm, "")
    // So does a certificate.
    .replace(/^visualizer_tls: .*$/m, "");
  const empty = ["ca.pem", "yard.pem", "client.pem", "client.key"].map((
    name,
  ) => [`certificates/${name}`, "x"]);
  const files = { ...Object.fromEntries(empty), "secrets/yard": "p@ss\n", "s.yaml": here };
  await withFiles(files, async (directory) => {
    const env = (name: string) => name === "HOSTNAME" ? "sightline-1" : undefined;
    const { lines, config } = await loadConfig(`${directory}/s.yaml`, {}, env);
    assert.deepEqual(lines, []);
    assert(config !== null);
  });
});

Deno.test("the schema takes the sample and what Sightline takes", () => {
  for (const text of [sample, complete]) {
    assert(isValid(parse(text)), JSON.stringify(isValid.errors, null, 1));
  }
  const stream = { stream_url: "rtsp://c/x", fps: "${FPS}", sink: "stdout", no_model: true };
  assert(isValid({ streams: { "Tür.1": stream } }), JSON.stringify(isValid.errors));
});

for (
  const [what, wrong] of Object.entries({
    "an unknown key": { log_levle: "INFO" },
    "a stream without a camera": { streams: { a: { fps: 1 } } },
    "an unknown key of a stream": { streams: { a: { stream_url: "x", fsp: 1 } } },
    "a number out of its bounds": { streams: { a: { stream_url: "x", fps: 0 } } },
    "a word that is none of those": { log_level: "LOUD" },
    "a camera's key in one of its use cases": {
      streams: { a: { stream_url: "x", use_cases: [{ use_case: "y", fps: 1 }] } },
    },
    "a name that could be a path": { models: { "a/b": {} } },
    "no stream": { streams: {} },
  })
) {
  Deno.test(`the schema refuses ${what}`, () => {
    const right = { streams: { a: { stream_url: "x" } } };
    assert(isValid(right));
    assert(!isValid({ ...right, ...wrong }));
  });
}
