import assert from "node:assert/strict";
import fc from "fast-check";
import { AdaptiveLimit } from "./adaptive_limit.ts";

const maxAgeMs = 1000;

/**
 * A server that computes one after the other and is always asked for as much as is allowed; it does
 * not notice that a request was given up. Returns how many are answered in each second.
 */
function serve(allowed: number, seconds: number, serviceMs: (atMs: number) => number): number[] {
  const clock = { nowMs: 0 };
  const limit = new AdaptiveLimit(() => {}, () => clock.nowMs);
  const answers = new Array<number>(seconds).fill(0);
  /** Requests that the askers wait for, by when they will be over. */
  const inFlight: { sentAtMs: number; endsAtMs: number; late: boolean }[] = [];
  let serverFreeAtMs = 0;
  while (clock.nowMs < seconds * 1000) {
    while (inFlight.length < limit.of(allowed)) {
      serverFreeAtMs = Math.max(serverFreeAtMs, clock.nowMs) + serviceMs(clock.nowMs);
      const late = serverFreeAtMs > clock.nowMs + maxAgeMs;
      const endsAtMs = late ? clock.nowMs + maxAgeMs : serverFreeAtMs;
      inFlight.push({ sentAtMs: clock.nowMs, endsAtMs, late });
    }
    inFlight.sort((a, b) => a.endsAtMs - b.endsAtMs);
    const { sentAtMs, endsAtMs, late } = inFlight.shift()!;
    clock.nowMs = endsAtMs;
    if (clock.nowMs >= seconds * 1000) break;
    if (late) limit.givenUp(sentAtMs);
    else {
      limit.answered(sentAtMs);
      answers[Math.floor(clock.nowMs / 1000)]!++;
    }
  }
  return answers;
}

function after(limit: AdaptiveLimit, answered: number, givenUp: number, sentAtMs: number): number {
  for (let i = 0; i < answered; i++) limit.answered(sentAtMs);
  for (let i = 0; i < givenUp; i++) limit.givenUp(sentAtMs);
  return limit.of(16);
}

function setUp() {
  const clock = { nowMs: 0 };
  const limit = new AdaptiveLimit(() => {}, () => clock.nowMs);
  assert.equal(limit.of(16), 16);
  return { clock, limit };
}

Deno.test("AdaptiveLimit halves when most requests are given up, down to one", () => {
  const { clock, limit } = setUp();
  for (const allowed of [8, 4, 2, 1, 1]) {
    clock.nowMs += 1000;
    assert.equal(after(limit, 3, 4, clock.nowMs), allowed);
  }
});

Deno.test("AdaptiveLimit does nothing about 1 request in 25", () => {
  const { clock, limit } = setUp();
  for (let i = 0; i < 100; i++) assert.equal(after(limit, 24, 1, clock.nowMs += 100), 16);
});

Deno.test("AdaptiveLimit does not count what was sent before it changed", () => {
  const { clock, limit } = setUp();
  clock.nowMs = 1000;
  assert.equal(after(limit, 0, 4, 1000), 8);
  clock.nowMs = 2000;
  assert.equal(after(limit, 0, 12, 900), 8);
});

Deno.test("AdaptiveLimit allows all again within seconds of a server that hung", () => {
  const { clock, limit } = setUp();
  for (let i = 0; i < 5; i++) after(limit, 0, 4, clock.nowMs += 1000);
  assert.equal(limit.of(16), 1);
  for (let i = 0; i < 40; i++) after(limit, 16, 0, clock.nowMs += 100);
  assert.equal(limit.of(16), 16);
});

Deno.test("AdaptiveLimit tries ever less often what failed before", () => {
  const { clock, limit } = setUp();
  let shrinks = 0;
  for (let i = 0; i < 600; i++) {
    clock.nowMs += 100;
    if (limit.of(16) > 8) {
      after(limit, 0, 4, clock.nowMs);
      shrinks++;
    } else after(limit, 16, 0, clock.nowMs);
  }
  assert.ok(shrinks >= 4 && shrinks <= 9, `${shrinks} in a minute`);
});

Deno.test("AdaptiveLimit keeps a server busy that computes one after the other", () => {
  // 16 times 100 ms are more than a frame may live.
  const answers = serve(16, 60, () => 100);
  const seconds = answers.slice(2);
  // Ten could be; now and then it tries whether more are in time, which costs a second or two.
  assert.ok(seconds.reduce((sum, count) => sum + count, 0) / seconds.length >= 6.5, `${answers}`);
  assert.ok(seconds.filter((count) => count >= 8).length >= seconds.length / 2, `${answers}`);
});

Deno.test("AdaptiveLimit wants twice as many answers as it allows, and 16 at least, to allow more", () => {
  const { clock, limit } = setUp();
  for (let i = 0; i < 2; i++) after(limit, 0, 4, clock.nowMs += 10_000);
  assert.equal(limit.of(16), 4);
  clock.nowMs += 60_000;
  assert.equal(after(limit, 15, 0, clock.nowMs), 4);
  assert.equal(after(limit, 1, 0, clock.nowMs), 8);
  clock.nowMs += 60_000;
  assert.equal(after(limit, 15, 0, clock.nowMs), 8);
  assert.equal(after(limit, 1, 0, clock.nowMs), 16);
  // At 32 of 64 it is 64 answers.
  assert.equal(limit.of(64), 16);
  clock.nowMs += 60_000;
  for (let i = 0; i < 32; i++) limit.answered(clock.nowMs);
  assert.equal(limit.of(64), 32);
  clock.nowMs += 60_000;
  for (let i = 0; i < 63; i++) limit.answered(clock.nowMs);
  assert.equal(limit.of(64), 32);
  limit.answered(clock.nowMs);
  assert.equal(limit.of(64), 64);
});

Deno.test("AdaptiveLimit allows more while one of 16 is late, and not while two are", () => {
  for (const [late, allowed] of [[1, 16], [2, 8]] as const) {
    const { clock, limit } = setUp();
    after(limit, 0, 4, clock.nowMs += 1000);
    clock.nowMs += 60_000;
    for (let i = 0; i < late; i++) limit.givenUp(clock.nowMs);
    for (let i = 0; i < 16 - late; i++) limit.answered(clock.nowMs);
    assert.equal(limit.of(16), allowed, `${late} late`);
  }
});

Deno.test("AdaptiveLimit does nothing while as many are answered as are given up", () => {
  const { clock, limit } = setUp();
  assert.equal(after(limit, 6, 6, clock.nowMs), 16);
  assert.equal(after(limit, 0, 1, clock.nowMs), 8);
});

Deno.test("AdaptiveLimit does not count for as long as late ones were on their way", () => {
  const { clock, limit } = setUp();
  clock.nowMs = 5000;
  assert.equal(after(limit, 0, 4, 3000), 8);
  // Sent before 7000 they may be late for what was sent before the change.
  clock.nowMs = 7500;
  assert.equal(after(limit, 0, 4, 6999), 8);
  assert.equal(after(limit, 0, 4, 7000), 4);
});

Deno.test("AdaptiveLimit waits half a second before it allows more again", () => {
  const { clock, limit } = setUp();
  for (let i = 0; i < 2; i++) after(limit, 0, 4, clock.nowMs += 1000);
  const changedAtMs = clock.nowMs;
  // 8 failed and is held for 2 s.
  clock.nowMs = changedAtMs + 1999;
  assert.equal(after(limit, 16, 0, clock.nowMs), 4);
  clock.nowMs = changedAtMs + 60_000;
  assert.equal(after(limit, 16, 0, clock.nowMs), 8);
  const grownAtMs = clock.nowMs;
  assert.equal(limit.of(32), 8);
  clock.nowMs += 1;
  for (let i = 0; i < 16; i++) limit.answered(clock.nowMs);
  assert.equal(limit.of(32), 16, "16 failed long ago");
  clock.nowMs += 499;
  for (let i = 0; i < 32; i++) limit.answered(clock.nowMs);
  assert.equal(limit.of(32), 16, `changed ${clock.nowMs - grownAtMs - 1} ms ago`);
  clock.nowMs += 1;
  for (let i = 0; i < 32; i++) limit.answered(clock.nowMs);
  assert.equal(limit.of(32), 32);
});

Deno.test("AdaptiveLimit tells of a change, and of nothing else", () => {
  let changes = 0;
  const clock = { nowMs: 0 };
  const limit = new AdaptiveLimit(() => changes++, () => clock.nowMs);
  limit.of(16);
  for (let i = 0; i < 64; i++) limit.answered(clock.nowMs += 1000);
  assert.equal(changes, 0, "no more is allowed than all");
  for (let i = 0; i < 4; i++) limit.givenUp(clock.nowMs);
  assert.equal(changes, 1);
});

Deno.test("AdaptiveLimit halves or doubles within its bounds, and tells of just that", () => {
  const step = fc.record({
    passedMs: fc.constantFrom(0, 10, 100, 1000, 10_000),
    agoMs: fc.constantFrom(0, 50, 900),
    answered: fc.boolean(),
    count: fc.integer({ min: 1, max: 40 }),
  });
  const most = fc.integer({ min: 1, max: 100 });
  fc.assert(fc.property(fc.array(step, { maxLength: 60 }), most, (steps, most) => {
    const clock = { nowMs: 0 };
    let changes = 0;
    const limit = new AdaptiveLimit(() => changes++, () => clock.nowMs);
    let before = limit.of(most);
    assert.equal(before, most);
    for (const { passedMs, agoMs, answered, count } of steps) {
      clock.nowMs += passedMs;
      for (let request = 0; request < count; request++) {
        const toldBefore = changes;
        if (answered) limit.answered(clock.nowMs - agoMs);
        else limit.givenUp(clock.nowMs - agoMs);
        const now = limit.of(most);
        assert.ok(now >= 1 && now <= most, `${now} of ${most}`);
        if (now > before) {
          assert.ok(answered);
          assert.equal(now, Math.min(most, 2 * before));
        } else if (now < before) {
          assert.ok(!answered);
          assert.equal(now, Math.max(1, Math.floor(before / 2)));
        }
        if (now !== before) assert.equal(changes, toldBefore + 1);
        before = now;
      }
    }
  }));
});

Deno.test("AdaptiveLimit counts an answer to what was sent as it changed", () => {
  const { clock, limit } = setUp();
  clock.nowMs = 1000;
  assert.equal(after(limit, 0, 4, 1000), 8);
  clock.nowMs = 60_000;
  assert.equal(after(limit, 16, 0, 999), 8);
  assert.equal(after(limit, 16, 0, 1000), 16);
});
