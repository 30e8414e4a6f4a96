import assert from "node:assert/strict";
import { commandSettings, processSettings, streamSettings } from "../config/settings.ts";
import { secondarySettings } from "../stream/settings.ts";
import { phrase, within } from "./problem.ts";
import { asFlag, asKey, problemLine, problemText, sentence } from "./problem_line.ts";

const message = phrase`needs ${"tls_key"} beside it`;

Deno.test("problemLine() calls settings by their flags, and keys within one by their names", () => {
  const problem = { setting: "tls_cert", value: "a.pem", message };
  assert.equal(problemLine(problem), "--tls_cert a.pem: needs --tls_key beside it");
  assert.equal(
    problemLine(within(["secondary"], problem)),
    "--secondary: tls_cert a.pem: needs tls_key beside it",
  );
});

Deno.test("problemText() leaves dashes that were given as they are", () => {
  const value = "--fps--x";
  assert.equal(
    problemText("tls_cert", { value, message }, asKey),
    `tls_cert ${value}: needs tls_key beside it`,
  );
});

Deno.test("sentence() puts every name where it stands", () => {
  const both = phrase`${"motion_hold_ms"} has no effect without ${"motion_threshold"}`;
  assert.equal(sentence(both, asFlag), "--motion_hold_ms has no effect without --motion_threshold");
  assert.equal(sentence(both, asKey), "motion_hold_ms has no effect without motion_threshold");
  assert.equal(sentence("does not exist", asFlag), "does not exist");
});

Deno.test("what settings say of each other names them as data", () => {
  const all = { ...commandSettings, ...streamSettings, ...processSettings, ...secondarySettings };
  for (const [name, { help, more = "", unset = "" }] of Object.entries(all)) {
    const texts = [help, more, unset].flat().filter((part) => typeof part === "string");
    assert.doesNotMatch(texts.join(" "), /--[a-z]/, name);
  }
});
