import assert from "node:assert/strict";
import { UnaskedBudget } from "./unasked_budget.ts";

/** How many messages pass, and what is said of the first that does not. */
function flood(byteLength: number, instances: number): [passed: number, breach: string | null] {
  const budget = new UnaskedBudget();
  for (let passed = 0; passed < 100_000; passed++) {
    const breach = budget.add(byteLength, instances);
    if (breach !== null) return [passed, breach];
  }
  return [100_000, null];
}

Deno.test("UnaskedBudget bounds the size of a message, and messages and bytes of a second", () => {
  const cases = [
    [65_537, 0, 0, "it sent 65537 bytes that answer no call, allowed are up to 65536"],
    [27, 0, 2000, "it sent 2001 messages within a second"],
    [27, 1, 2000, "it sent 2001 messages within a second"],
    // Each instance may log.
    [27, 99, 8400, "it sent 8401 messages within a second"],
    [65_536, 0, 16, "it sent 1114112 bytes within a second"],
    [65_536, 1, 32, "it sent 2162688 bytes within a second"],
    [65_536, 99, 128, "it sent 8454144 bytes within a second"],
  ] as const;
  for (const [byteLength, instances, passed, breach] of cases) {
    assert.deepEqual(flood(byteLength, instances), [passed, breach]);
  }
});
