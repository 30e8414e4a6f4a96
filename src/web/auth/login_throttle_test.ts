import assert from "node:assert/strict";
import { LoginThrottle } from "./login_throttle.ts";

/** Takes attempts until one is refused. */
function attempts(throttle: LoginThrottle, address: string): number {
  let count = 0;
  while (throttle.take(address)) count++;
  return count;
}

Deno.test("LoginThrottle lets an address try again after a minute, and others all the time", () => {
  let nowMs = 0;
  const throttle = new LoginThrottle(() => nowMs);
  for (let i = 0; i < 10; i++) throttle.take("a");
  assert.deepEqual([throttle.allows("a"), throttle.allows("b")], [false, true]);
  nowMs = 59_999;
  assert.equal(attempts(throttle, "a"), 0);
  nowMs = 60_000;
  assert.ok(throttle.allows("a"));
  // The minute of what it tries now begins now.
  throttle.take("a");
  nowMs = 119_999;
  assert.equal(attempts(throttle, "a"), 9);
  nowMs = 120_000;
  assert.equal(attempts(throttle, "a"), 10);
});

Deno.test("LoginThrottle counts no attempt that was right", () => {
  const throttle = new LoginThrottle(() => 0);
  for (let i = 0; i < 100; i++) {
    assert.ok(throttle.take("a"));
    throttle.giveBack("a");
  }
  for (let i = 0; i < 10; i++) assert.ok(throttle.take("a"));
  assert.ok(!throttle.take("a"));
});

Deno.test("LoginThrottle gives nobody more attempts than were counted", () => {
  const throttle = new LoginThrottle(() => 0);
  throttle.giveBack("a");
  throttle.take("a");
  throttle.giveBack("a");
  throttle.giveBack("a");
  assert.equal(attempts(throttle, "a"), 10);
});

Deno.test("LoginThrottle remembers ten thousand addresses, and of more forgets the oldest", () => {
  let nowMs = 0;
  const throttle = new LoginThrottle(() => nowMs);
  attempts(throttle, "first");
  attempts(throttle, "second");
  for (let n = 2; n < 10_000; n++) throttle.take(`${n}`);
  assert.deepEqual([throttle.allows("first"), throttle.allows("second")], [false, false]);
  throttle.take("one more");
  assert.deepEqual([throttle.allows("first"), throttle.allows("second")], [true, false]);
  // Whoever comes again after its minute is young again.
  nowMs = 60_000;
  throttle.take("second");
  throttle.take("another");
  assert.equal(attempts(throttle, "second"), 9);
});
