import assert from "node:assert/strict";
import type * as contract from "../contract.ts";
import type * as mod from "../mod.ts";
import { readAssetText } from "../assets.ts";
import { contractText } from "./contract_text.ts";

Deno.test("contract.ts is what mod.ts exports, in one module without imports", async () => {
  const text = await readAssetText("src/contract.ts");
  assert.equal(text, await contractText(), "run: deno task contract");
  const code = text.replace(/\/\*\*[^]*?\*\//g, "");
  assert.doesNotMatch(code, /\bfrom "|\bimport\b|\b(const|function|class|let)\b/);
});

// Types that differ do not compile, so that the text above cannot be alike and mean something else.
type Same<A, B> = [A, B] extends [B, A] ? true : never;

Deno.test("contract.ts and mod.ts mean the same types", () => {
  const same: [
    Same<contract.UseCaseFactory<string>, mod.UseCaseFactory<string>>,
    Same<contract.UseCase, mod.UseCase>,
    Same<contract.UseCaseContext, mod.UseCaseContext>,
    Same<contract.Analysis, mod.Analysis>,
    Same<contract.Frame, mod.Frame>,
    Same<contract.Tensors, mod.Tensors>,
    Same<contract.Helpers, mod.Helpers>,
  ] = [true, true, true, true, true, true, true];
  assert.equal(same.length, 7);
});
