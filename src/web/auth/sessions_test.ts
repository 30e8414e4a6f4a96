import { equal, notEqual } from "node:assert/strict";
import { poll } from "../../../tests/support/poll.ts";
import { sessionOver, Sessions } from "./sessions.ts";

Deno.test("Sessions: one that is ended stays so, and takes along what it shows", () => {
  let nowMs = 0;
  const sessions = new Sessions(() => nowMs);
  const [mine, other] = [sessions.begin(1000), sessions.begin(1000)];
  const [signal, kept] = [sessions.signalOf(mine), sessions.signalOf(other)];
  equal(sessions.signalOf(other), kept, "one for all that it shows");
  sessions.end(mine);
  equal(signal.aborted, true);
  equal(kept.aborted, false);
  equal(sessions.isOpen(mine), false);
  equal(sessions.signalOf(mine).aborted, true, "what is opened a moment later");
  equal(sessions.isOpen(other), true);
  nowMs = 1000;
  equal(sessions.isOpen(other), false, "its time is over");
});

Deno.test("Sessions: what one shows ends with its time", async () => {
  const sessions = new Sessions(Date.now);
  const signal = sessions.signalOf(sessions.begin(Date.now() + 50));
  equal(signal.aborted, false);
  await poll("its end", () => signal.aborted);
  equal(signal.reason, sessionOver);
});

Deno.test("Sessions: after more endings than are remembered everybody signs in again", () => {
  const sessions = new Sessions(() => 0);
  const [key, watched] = [sessions.signingKey, sessions.signalOf(sessions.begin(1000))];
  for (let i = 0; i < 10_000; i++) sessions.end(sessions.begin(1000));
  equal(sessions.signingKey, key);
  equal(watched.aborted, false);
  sessions.end(sessions.begin(1000));
  notEqual(sessions.signingKey, key);
  equal(watched.aborted, true);
});

Deno.test("Sessions forget endings whose cookies are of no use any more, before there are too many", () => {
  for (const [nowMs, isForgotten] of [[999, false], [1000, true]] as const) {
    let now = 0;
    const sessions = new Sessions(() => now);
    const key = sessions.signingKey;
    for (let i = 0; i < 10_000; i++) sessions.end(sessions.begin(1000));
    now = nowMs;
    sessions.end(sessions.begin(2000));
    equal(sessions.signingKey === key, isForgotten, `at ${nowMs} ms`);
  }
});
