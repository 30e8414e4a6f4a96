import assert from "node:assert/strict";
import { quoteForShell } from "./quote_for_shell.ts";

Deno.test("quoteForShell() makes what a shell takes for the very same text", async () => {
  const texts = [
    "plain-1.x",
    "a b",
    "it's",
    "'pipe\\:2'",
    "both \"' $HOME `x` \\",
    "",
    "!'",
    "a\\\\'b",
    "*?[]",
  ];
  const script = texts.map((text) => `printf '%s\\0' ${quoteForShell(text)}`).join("\n");
  const { stdout } = await new Deno.Command("sh", { args: ["-c", script] }).output();
  assert.deepEqual(new TextDecoder().decode(stdout).split("\0"), [...texts, ""]);
});

Deno.test("quoteForShell() leaves single quotes readable where it can", () => {
  assert.equal(quoteForShell("select='a\\:b'"), `"select='a\\:b'"`);
});
