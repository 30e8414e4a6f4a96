/** The bill of materials, before CycloneDX's own validator. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { packages } from "../../tools/release/packages.ts";
import { sbom } from "../../tools/release/sbom.ts";
import { withFiles } from "../support/with_files.ts";
import { pythonVenv } from "./python_venv.ts";

const { python, missing } = await pythonVenv("sbom", "sbom_requirements.txt");
const reason = missing === null ? "" : ` (ignored: ${missing})`;
const ignore = missing !== null;

const text = sbom({
  ...{ name: "sightline", version: "1.2.3", license: "Apache-2.0" },
  packages: await packages(),
  timestamp: "2026-01-02T03:04:05.000Z",
});

async function validate(text: string): Promise<{ code: number; stderr: string }> {
  let result = { code: -1, stderr: "" };
  await withFiles({ "sbom.json": text }, async (folder) => {
    const { code, stderr } = await new Deno.Command(python!, {
      args: ["sbom_validate.py", join(folder, "sbom.json")],
      cwd: new URL(".", import.meta.url),
    }).output();
    result = { code, stderr: new TextDecoder().decode(stderr) };
  });
  return result;
}

Deno.test(`sbom() is CycloneDX 1.6 to CycloneDX's validator${reason}`, { ignore }, async () => {
  const { code, stderr } = await validate(text);
  assert.equal(code, 0, stderr);
});

Deno.test(
  `CycloneDX's validator refuses what sbom() never writes${reason}`,
  { ignore },
  async () => {
    const { code } = await validate(text.replace('"library"', '"librarian"'));
    assert.equal(code, 1);
  },
);
