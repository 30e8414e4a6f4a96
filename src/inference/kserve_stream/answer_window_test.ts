import { deepEqual, equal } from "node:assert/strict";
import fc from "fast-check";
import type { Tensors } from "../../frame/tensor.ts";
import { noSessionCounts } from "../inference.ts";
import { AnswerWindow, AskedFrame } from "./answer_window.ts";

function open(named: readonly string[] | null, asked: readonly string[] | null = null) {
  const counts = noSessionCounts();
  const window = new AnswerWindow(named ?? [], asked, counts, () => new Error("passed"));
  const outcomes = new Map<number, string>();
  const ask = (timestampUs: number) => {
    const frame = new AskedFrame(timestampUs);
    window.ask(frame);
    frame.answer.then(
      (outputs) => outcomes.set(timestampUs, Object.keys(outputs).sort().join()),
      (error: Error) => outcomes.set(timestampUs, error.message),
    );
    return frame;
  };
  const answer = (timestampUs: number, ...names: string[]) =>
    window.receive({ timestampUs, outputs: tensors(names), inOrder: true });
  const told = async () => {
    await Promise.resolve();
    return Object.fromEntries(outcomes);
  };
  return { window, counts, ask, answer, told };
}

function tensors(names: readonly string[]): Tensors {
  const tensor = { datatype: "UINT8", shape: [1], data: Uint8Array.of(1) } as const;
  return Object.fromEntries(names.map((name) => [name, tensor]));
}

Deno.test("a frame is answered by its timestamp, and those that the graph has passed never are", async () => {
  const { ask, answer, told, counts } = open(["out"]);
  for (const at of [1, 2, 3, 4]) ask(at);
  answer(3, "out");
  deepEqual(await told(), { 1: "passed", 2: "passed", 3: "out" });
  equal(counts.joined, 1);
});

Deno.test("outputs of one timestamp are joined, however far another output is ahead", async () => {
  const { ask, answer, told } = open(["fast", "slow"]);
  for (const at of [1, 2]) ask(at);
  answer(1, "fast");
  answer(2, "fast");
  deepEqual(await told(), {});
  answer(1, "slow");
  deepEqual(await told(), { 1: "fast,slow" });
  answer(2, "slow");
  deepEqual(await told(), { 1: "fast,slow", 2: "fast,slow" });
});

Deno.test("an output that has gone past a frame is not waited for; another that is not needed never is", async () => {
  const { ask, answer, told } = open(["a", "b"]);
  for (const at of [1, 2]) ask(at);
  answer(1, "a", "more");
  answer(2, "b");
  deepEqual(await told(), { 1: "a,more" });
  answer(2, "a");
  deepEqual(await told(), { 1: "a,more", 2: "a,b" });
});

Deno.test("outputs of other names than the graph's are a response of its own making, and whole", async () => {
  const { ask, answer, told } = open(["res", "picture"]);
  for (const at of [1, 2, 3]) ask(at);
  answer(1, "picture");
  // What has no outputs says nothing of their names.
  answer(1);
  deepEqual(await told(), {});
  answer(1, "boxes", "scores");
  deepEqual(await told(), { 1: "boxes,picture,scores" });
  answer(3, "boxes", "scores");
  deepEqual(await told(), { 1: "boxes,picture,scores", 2: "passed", 3: "boxes,scores" });
});

Deno.test("what a use case asks for is waited for, whatever else comes", async () => {
  const { ask, answer, told } = open(["res", "picture"], ["picture"]);
  ask(1);
  answer(1, "boxes");
  deepEqual(await told(), {});
  answer(1, "picture");
  deepEqual(await told(), { 1: "boxes,picture" });
});

Deno.test("there is no result without each output that a use case asks for, whatever else is there", async () => {
  const { window, ask, answer, told } = open(["a", "b", "c"], ["a", "b"]);
  const [first, second, third] = [ask(1), ask(2), ask(3), ask(4)];
  answer(1, "a", "c");
  window.takeAny(first!);
  deepEqual(await told(), {});
  answer(2, "b");
  deepEqual(await told(), { 1: "passed" });
  answer(2, "a");
  deepEqual(await told(), { 1: "passed", 2: "a,b" });
  window.takeAny(second!);
  window.takeAny(third!);
  answer(3, "a");
  window.finish(3);
  answer(4, "a", "b", "c");
  deepEqual(await told(), { 1: "passed", 2: "a,b", 3: "passed", 4: "a,b,c" });
});

Deno.test("a use case that asks for nothing by name takes what a graph names", async () => {
  const { ask, answer, told } = open(["a", "b"], []);
  for (const at of [1, 2]) ask(at);
  answer(2, "a");
  deepEqual(await told(), {});
  answer(2, "b");
  deepEqual(await told(), { 1: "passed", 2: "a,b" });
});

Deno.test("finish() ends a frame with what there is of it, or without an answer", async () => {
  const { window, ask, answer, told } = open(["a", "b"]);
  for (const at of [1, 2, 3]) ask(at);
  answer(2, "a");
  window.finish(2);
  window.finish(3);
  window.finish(7);
  deepEqual(await told(), { 2: "a", 3: "passed" });
});

Deno.test("takeAny() lets a frame go with what there is, now or as soon as there is something", async () => {
  const { window, ask, answer, told } = open(["a", "b"]);
  const [first, second] = [ask(1), ask(2)];
  answer(1, "a");
  window.takeAny(first!);
  window.takeAny(second!);
  deepEqual(await told(), { 1: "a" });
  answer(2, "b");
  deepEqual(await told(), { 1: "a", 2: "b" });
});

Deno.test("what comes twice, too late, of no frame or as an error has its place in the books", async () => {
  const { window, counts, ask, answer, told } = open(["out"]);
  const [first] = [ask(1), ask(2)];
  window.end(first!, new Error("given up"));
  answer(1, "out");
  answer(7, "out");
  answer(7, "out");
  const { ask: askMore, answer: answerMore, counts: more, window: other, told: toldMore } = open([
    "out",
  ]);
  askMore(1);
  answerMore(1, "out");
  answerMore(1, "out");
  answerMore(1, "other");
  askMore(2);
  other.failOldest(new Error("refused"));
  other.failOldest(new Error("refused, of nothing"));
  deepEqual({ ...counts, sessions: 0 }, {
    ...noSessionCounts(),
    late: 1,
    unasked: 2,
  });
  deepEqual(more, { ...noSessionCounts(), joined: 1, repeated: 1, late: 1, error: 2 });
  deepEqual(await told(), { 1: "given up", 2: "passed" });
  deepEqual(await toldMore(), { 1: "out", 2: "refused" });
});

Deno.test("a server that repeats ids may answer in any order", async () => {
  const { window, ask, told } = open(["out"]);
  for (const at of [1, 2, 3]) ask(at);
  for (const timestampUs of [3, 1]) {
    window.receive({ timestampUs, outputs: tensors(["out"]), inOrder: false });
  }
  deepEqual(await told(), { 1: "out", 3: "out" });
});

Deno.test("a graph that names no outputs is answered by whatever comes first, or passes the frame", async () => {
  const { ask, answer, told } = open(null);
  for (const at of [1, 2, 3]) ask(at);
  answer(1, "a");
  deepEqual(await told(), { 1: "a" });
  answer(3, "b");
  deepEqual(await told(), { 1: "a", 2: "passed", 3: "b" });
});

Deno.test("a graph that names no outputs may answer in any order, too", async () => {
  const { window, ask, told } = open(null);
  for (const at of [1, 2]) ask(at);
  const give = (timestampUs: number) =>
    window.receive({ timestampUs, outputs: tensors(["a"]), inOrder: false });
  give(2);
  deepEqual(await told(), { 2: "a" });
  give(1);
  deepEqual(await told(), { 1: "a", 2: "a" });
});

Deno.test("what comes twice of a frame that waits is counted, and of one that was given up is late", async () => {
  const { window, counts, ask, answer, told } = open(["a", "b"]);
  const frame = ask(1);
  answer(1, "a");
  answer(1, "a");
  deepEqual([counts.joined, counts.repeated, counts.late], [1, 1, 0]);
  window.end(frame, new Error("given up"));
  answer(1, "a");
  deepEqual([counts.joined, counts.repeated, counts.late], [1, 1, 1]);
  deepEqual(await told(), { 1: "given up" });
});

Deno.test("a frame may be given up that nobody waits for", async () => {
  new AskedFrame(1).end(new Error("given up"));
  // A rejection that is not taken would be told by now.
  await new Promise((resolve) => setTimeout(resolve));
});

Deno.test("an output has come as far as it ever came, though an older one follows", async () => {
  const { ask, answer, told } = open(["a", "b"]);
  answer(5, "a");
  ask(4);
  answer(3, "a");
  answer(4, "b");
  deepEqual(await told(), { 4: "b" });
});

Deno.test("a frame that another window took is no concern of this one", async () => {
  const { window, ask, answer, told } = open(["a", "b"]);
  const frame = ask(1);
  deepEqual(window.take(), [frame]);
  answer(2, "a", "b");
  window.takeAny(frame);
  deepEqual(await told(), {});
  deepEqual(window.take(), []);
});

Deno.test("fail() costs the frame that it names, if that waits, and no other", async () => {
  const { window, ask, told, counts } = open(["a"]);
  for (const at of [1, 2]) ask(at);
  window.fail(2, new Error("unreadable"));
  window.fail(7, new Error("of nothing"));
  deepEqual(await told(), { 2: "unreadable" });
  deepEqual(counts, noSessionCounts());
});

Deno.test("a frame ends once: what it ended with is what a repetition is held against", async () => {
  const { window, ask, answer, told, counts } = open(["a"]);
  const frame = ask(1);
  answer(1, "a");
  window.end(frame, new Error("too late"));
  answer(1, "a");
  deepEqual(await told(), { 1: "a" });
  deepEqual([counts.repeated, counts.late], [1, 0]);
});

Deno.test("of 1,024 frames it is known how they ended, of those before not any more", () => {
  const { ask, answer, counts } = open(["a"]);
  for (let at = 1; at <= 1025; at++) {
    ask(at);
    answer(at, "a");
  }
  answer(2, "b");
  deepEqual([counts.late, counts.unasked], [1, 0]);
  answer(1, "b");
  deepEqual([counts.late, counts.unasked], [1, 1]);
});

Deno.test("every output that comes is counted once, and every frame ends once, whatever comes", async () => {
  const event = fc.oneof(
    fc.record({ kind: fc.constant("ask" as const) }),
    fc.record({
      kind: fc.constant("answer" as const),
      at: fc.integer({ min: 1, max: 12 }),
      names: fc.uniqueArray(fc.constantFrom("a", "b", "c"), { minLength: 1 }),
      inOrder: fc.boolean(),
    }),
    fc.record({ kind: fc.constantFrom("give up", "fail", "take any") }),
  );
  await fc.assert(fc.asyncProperty(fc.array(event, { maxLength: 60 }), async (events) => {
    const { window, counts, ask } = open(["a", "b"]);
    const frames: AskedFrame[] = [];
    const ends: number[] = [];
    let sent = 0;
    let errors = 0;
    for (const one of events) {
      const oldest = frames.find(({ ended }) => !ended);
      if (one.kind === "ask") {
        const frame = ask(frames.length + 1);
        const note = () => void ends.push(frame.timestampUs);
        frame.answer.then(note, note);
        frames.push(frame);
      } else if ("names" in one) {
        sent += one.names.length;
        window.receive({
          timestampUs: one.at,
          outputs: tensors(one.names),
          inOrder: one.inOrder,
        });
      } else if (one.kind === "fail") {
        errors++;
        window.failOldest(new Error("failed"));
      } else if (oldest && one.kind === "give up") window.end(oldest, new Error("given up"));
      else if (oldest) window.takeAny(oldest);
    }
    window.endAll(new Error("over"));
    await Promise.resolve();
    const { joined, late, repeated, unasked, error } = counts;
    equal(joined + late + repeated + unasked, sent);
    equal(error, errors);
    deepEqual(ends.toSorted((a, b) => a - b), frames.map(({ timestampUs }) => timestampUs));
  }));
});
