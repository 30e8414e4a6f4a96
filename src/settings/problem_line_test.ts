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
  assert.equal(problemLine({ setting: null, message: "nothing to do" }), "nothing to do");
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

Deno.test("problemText() puts a colon behind what there is to say before it", () => {
  assert.equal(problemText("", { message: "wrong" }, asKey), "wrong");
  assert.equal(problemText("", { value: 7, message: "wrong" }, asKey), "7: wrong");
  assert.equal(problemText("fps", { message: "wrong" }, asKey), "fps: wrong");
});

Deno.test("problemText() quotes and cuts values, and shows no password of theirs", () => {
  const shown = (value: unknown) => problemText("x", { value, message: "" }, asKey);
  assert.equal(shown("two words"), 'x "two words": ');
  assert.equal(shown("it's"), `x "it's": `);
  assert.equal(shown({ a: "b c" }), 'x {"a":"b c"}: ');
  assert.equal(shown("y".repeat(120)), `x ${"y".repeat(120)}: `);
  assert.equal(shown("y".repeat(121)), `x ${"y".repeat(120)}…: `);
  assert.equal(shown("rtsp://u:secret@h/x"), "x rtsp://u:***@h/x: ");
  assert.equal(shown("rtsp:/u:secret@h"), "x rtsp:/***@h: ");
  assert.equal(shown("u:secret@h"), "x u:***@h: ");
  // As YAML has them, and JSON has not.
  assert.equal(shown(NaN), "x NaN: ");
  assert.equal(shown([Infinity, 1, "a"]), 'x ["Infinity",1,"a"]: ');
});
