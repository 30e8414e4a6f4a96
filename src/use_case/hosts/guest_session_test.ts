import { deepEqual, equal, ok, rejects, throws } from "node:assert/strict";
import { collectLog } from "../../../tests/support/log_lines.ts";
import type { WireMessage } from "../wire/messages.ts";
import { maxAnswerBytes } from "../wire/pipe_frames.ts";
import type { GuestLink, GuestLinkEvents } from "./guest_link.ts";
import {
  type CallBody,
  GuestEnded,
  GuestSession,
  type GuestSessionOptions,
  type InstanceOptions,
  startTimeoutOf,
} from "./guest_session.ts";
import type { ThreadTimes } from "./thread_times.ts";
import { maxUnaskedBytes } from "./unasked_budget.ts";

/** A guest that says what a test lets it say. */
class Link implements GuestLink {
  readonly posted: Record<string, unknown>[] = [];
  killed = 0;
  events!: GuestLinkEvents;
  times_: () => ThreadTimes | null = () => null;

  post({ header, buffers }: WireMessage): void {
    this.posted.push({ ...JSON.parse(header), ...(buffers.length > 0 && { buffers }) });
  }

  kill(): Promise<void> {
    this.killed++;
    return Promise.resolve();
  }

  times() {
    return Promise.resolve(this.times_());
  }

  say(message: Record<string, unknown>, sizes: { header?: number; buffers?: number } = {}): void {
    const header = JSON.stringify(message);
    const call = message["id"] === undefined ? {} : { call: message["id"] as number };
    this.events.admit({
      ...{ headerBytes: sizes.header ?? header.length, bufferBytes: sizes.buffers ?? 0, ...call },
    });
    this.events.onMessage({ header, buffers: [], ...call });
  }

  ready(id: number): void {
    const has = { hasPreprocess: false, hasVisualize: false, hasSession: false };
    this.say({ type: "ready", id, input: {}, ...has });
  }
}

function begin(
  log: Disposable & { readonly logger: GuestSessionOptions["logger"] },
  more: Partial<GuestSessionOptions> & { timeoutMs?: number; signal?: AbortSignal } = {},
) {
  const link = new Link();
  const { timeoutMs = 60_000, signal = new AbortController().signal, ...options } = more;
  const starting = GuestSession.start({
    name: "u",
    logger: log.logger,
    onLate: () => "it is killed",
    onMemory: () => null,
    mostTensorBytes: 100,
    openLink: (events) => Object.assign(link, { events }),
    readTrace: (stack) => stack === "" ? [] : stack.split(" "),
    ...options,
  }, { timeoutMs, signal });
  return { link, starting };
}

async function started(...given: Parameters<typeof begin>) {
  const { link, starting } = begin(...given);
  link.say({ type: "evaluated", problem: null });
  return { link, session: await starting };
}

function streamOf(
  stream: string,
  log: { readonly logger: GuestSessionOptions["logger"] },
  more: Partial<InstanceOptions> = {},
): InstanceOptions {
  return {
    stream,
    timeoutMs: 60_000,
    logger: log.logger,
    onEnd: () => {},
    options: { a: 1 },
    model: { name: "m", inputs: [], outputs: [] },
    binaryInput: false,
    ...more,
  };
}

async function made(link: Link, session: GuestSession, id: number, options: InstanceOptions) {
  const loading = session.load(options);
  link.ready(id);
  await loading;
}

const frame = {} as never;
const postprocess: CallBody = { type: "postprocess", frame, tensors: [] };

Deno.test("GuestSession has a module evaluated, and says why it cannot be loaded", async () => {
  using log = collectLog("guest");
  const rows: [happens: (link: Link) => void, message: string, trace?: string[]][] = [
    [
      (link) => link.say({ type: "evaluated", problem: "no default", stack: "a.ts:1 b.ts:2" }),
      "Cannot load plugin u: no default",
      ["a.ts:1", "b.ts:2"],
    ],
    [(link) => link.say({ type: "evaluated", problem: "no" }), "Cannot load plugin u: no"],
    [(link) => link.events.onEnd("exited"), "Cannot load plugin u: it exited"],
    [
      (link) => link.say({ type: "exit", message: "called Deno.exit()" }),
      "Cannot load plugin u: it called Deno.exit()",
    ],
    [
      (link) => link.events.onMessage("?"),
      "Cannot load plugin u: it broke the protocol: a header must be text of up to 16777216 characters",
    ],
  ];
  for (const [happens, message, trace = []] of rows) {
    const { link, starting } = begin(log);
    happens(link);
    await rejects(starting, { name: "UseCaseError", message, trace });
    ok(link.killed > 0, message);
  }
  const late = begin(log, { timeoutMs: 1 });
  const message = "Cannot load plugin u: it took longer than 15000 ms to be loaded";
  await rejects(late.starting, { message });
  const end = new AbortController();
  const aborted = begin(log, { signal: end.signal });
  end.abort();
  await rejects(aborted.starting, { message: "Cannot load plugin u: it was ended" });
  await rejects(begin(log, { signal: end.signal }).starting, { name: "AbortError" });
  deepEqual([startTimeoutOf(1000), startTimeoutOf(20_000)], [15_000, 20_000]);
  const { link, session } = await started(log);
  ok(session.isAlive);
  equal(link.killed, 0);
  // It says so once.
  throws(() => {
    link.say({ type: "evaluated", problem: null });
    link.say({ type: "evaluated", problem: null });
  }, { message: "Use case u broke the protocol: it is loaded already" });
  equal(session.isAlive, false);
  deepEqual(log.levelled, []);
});

Deno.test("GuestSession has a use case made for a stream, or says why not, and ends with the last one", async () => {
  using log = collectLog("guest");
  const { link, session } = await started(log);
  const first = session.load(streamOf("door", log));
  deepEqual(link.posted, [{
    ...{ type: "load", id: 0, instance: 0, mostTensorBytes: 100, stream: "door" },
    ...{ options: { a: 1 }, model: { name: "m", inputs: [], outputs: [] }, binaryInput: false },
  }]);
  link.ready(0);
  const { instance, ready } = await first;
  equal(instance, 0);
  equal(ready.type, "ready");
  const refused = session.load(streamOf("yard", log));
  link.say({ type: "refused", id: 1, message: "threshold is 7", stack: "a.ts:1" });
  await rejects(refused, {
    message: "Cannot make use case u: threshold is 7",
    trace: ["a.ts:1"],
  });
  const early = session.load(streamOf("yard", log));
  link.say({ type: "answer", id: 2 });
  await rejects(early, { message: /^Use case u broke the protocol: it answered too early/ });
  await session.endIfIdle();
  equal(session.isAlive, true);
  equal(link.killed, 0);
  await session.leave(0);
  equal(session.isAlive, false);
  ok(link.killed > 0);
  await rejects(session.load(streamOf("door", log)), { message: "Use case u was ended" });
  await rejects(session.call(0, postprocess, [], () => 0), { message: "Use case u was ended" });
  equal(link.posted.length, 3);
  equal(session.death, null);
  deepEqual(log.levelled, []);
});

Deno.test("GuestSession answers each call by its number, as it was or as it failed", async () => {
  using log = collectLog("guest");
  const { link, session } = await started(log);
  await made(link, session, 0, streamOf("door", log));
  const pixels = Uint8Array.of(1, 2);
  const one = session.call(0, { type: "preprocess", frame }, [pixels], ({ tensors }) => tensors);
  const two = session.call(0, postprocess, [], ({ analysis }) => analysis);
  const three = session.call(0, postprocess, [], () => 0);
  const four = session.call(0, postprocess, [], () => {
    throw new RangeError("no analysis");
  });
  deepEqual(link.posted.slice(1, 3), [
    { type: "preprocess", frame: {}, id: 1, instance: 0, buffers: [pixels] },
    { type: "postprocess", frame: {}, tensors: [], id: 2, instance: 0 },
  ]);
  link.say({ type: "answer", id: 2, analysis: { data: 2 } });
  link.say({ type: "answer", id: 1, tensors: null });
  link.say({ type: "failed", id: 3, message: "thrown", stack: "a.ts:3" });
  link.say({ type: "answer", id: 4 });
  deepEqual([await one, await two], [null, { data: 2 }]);
  await rejects(three, { name: "UseCaseError", message: "thrown", trace: ["a.ts:3"] });
  await rejects(four, { name: "RangeError", message: "no analysis" });
  await session.leave(0);
});

Deno.test("GuestSession takes no more than was asked for, and ends what sends it", async () => {
  const pixels = new Uint8Array(8);
  const call = (body: CallBody, buffers: Uint8Array<ArrayBuffer>[] = []) => ({ body, buffers });
  const visualize: CallBody = { type: "visualize", width: 1, height: 1, analysis: {} };
  const asked = call(postprocess);
  const rows: [
    ReturnType<typeof call>,
    size: { header?: number; buffers?: number },
    breach?: string,
  ][] = [
    [call({ type: "preprocess", frame }), { buffers: 100 }],
    [
      call({ type: "preprocess", frame }),
      { buffers: 101 },
      "preprocess() with 101 bytes, allowed are up to 100",
    ],
    [call(visualize, [pixels]), { buffers: 8 }],
    [call(visualize, [pixels]), { buffers: 9 }, "visualize() with 9 bytes, allowed are up to 8"],
    [call(visualize), { buffers: 1 }, "visualize() with 1 bytes, allowed are up to 0"],
    [asked, { header: maxAnswerBytes }],
    [
      asked,
      { header: maxAnswerBytes + 1 },
      `postprocess() with ${maxAnswerBytes + 1} bytes of JSON, allowed are up to ${maxAnswerBytes}`,
    ],
    [asked, { buffers: 1 }, "postprocess() with 1 bytes, allowed are up to 0"],
  ];
  for (const [{ body, buffers }, size, breach] of rows) {
    using log = collectLog("guest");
    const { link, session } = await started(log);
    await made(link, session, 0, streamOf("door", log));
    const answer = session.call(0, body, buffers, () => "read");
    const say = () => link.say({ type: "answer", id: 1 }, size);
    if (breach === undefined) {
      say();
      equal(await answer, "read");
      await session.leave(0);
    } else {
      const message = `Use case u broke the protocol: it answered ${breach}`;
      const failed = rejects(answer, { name: "UseCaseError", message });
      throws(say, { message });
      await failed;
      deepEqual(log.levelled, [`error: ${message}`]);
    }
  }
});

Deno.test("GuestSession ends a guest that answers what was not asked, or says too much unasked", async () => {
  using log = collectLog("guest");
  const rows: [Record<string, unknown>, { header?: number; buffers?: number }, string][] = [
    [{ type: "answer", id: 9 }, {}, "it answered call 9, which was not asked"],
    [
      { type: "memory", usedMb: 1 },
      { header: maxUnaskedBytes, buffers: 1 },
      `it sent ${
        maxUnaskedBytes + 1
      } bytes that answer no call, allowed are up to ${maxUnaskedBytes}`,
    ],
  ];
  for (const [message, size, breach] of rows) {
    const { link, session } = await started(log);
    throws(() => link.say(message, size), { message: `Use case u broke the protocol: ${breach}` });
    equal(session.isAlive, false);
    // Afterwards nothing is taken, for the same reason.
    throws(() => link.say({ type: "memory", usedMb: 1 }), { message: new RegExp(breach) });
  }
});

/** The clock stands still, so that all is said within one second. */
function oneSecond(): Disposable {
  const { now } = performance;
  const nowMs = performance.now();
  performance.now = () => nowMs;
  return { [Symbol.dispose]: () => void (performance.now = now) };
}

Deno.test("GuestSession logs lines where they belong, with their place, and not too many", async () => {
  using ours = collectLog("guest");
  using door = collectLog("door");
  using yard = collectLog("yard");
  using _second = oneSecond();
  const { link, session } = await started(ours);
  const say = (instance: number | null, stack?: string) =>
    link.say({ type: "log", level: "info", message: "hello", instance, ...(stack && { stack }) });
  const lines = () => [ours, door, yard].map(({ levelled }) => levelled.splice(0));
  say(null);
  deepEqual(lines(), [["info: hello"], [], []]);
  const load = async (stream: string, log: typeof door, id: number) => {
    await made(link, session, id, streamOf(stream, log));
  };
  await load("door", door, 0);
  say(null);
  say(7);
  deepEqual(lines(), [["info: hello"], ["info: hello"], []]);
  await load("yard", yard, 1);
  say(null);
  say(0, "a.ts:1 b.ts:2");
  say(1);
  deepEqual(lines(), [["info: hello"], ["info: hello, at a.ts:1, at b.ts:2"], ["info: hello"]]);
  link.events.onLine("of the engine");
  link.events.onLine("by the way", "info");
  deepEqual(lines(), [["warning: of the engine", "info: by the way"], [], []]);
  // 21 a second for the plugin and each of its two instances; six were said.
  for (let line = 0; line < 100; line++) say(1);
  deepEqual(lines()[2]!.length, 57);
  await session[Symbol.asyncDispose]();
});

Deno.test("GuestSession ends a guest by its memory, or as it ends itself, and tells each stream once", async () => {
  for (const shared of [false, true]) {
    using log = collectLog("guest");
    using door = collectLog("door");
    const usedMb: number[] = [];
    const { link, session } = await started(log, {
      onMemory: (used) => (usedMb.push(used), used > 500 ? `holds ${used} MB` : null),
    });
    const ended: string[] = [];
    const load = (stream: string) =>
      session.load(streamOf(stream, door, { onEnd: () => void ended.push(stream) }));
    const loading = load("door");
    link.ready(0);
    await loading;
    const unmade = shared ? load("yard") : null;
    link.say({ type: "memory", usedMb: 500 });
    equal(session.isAlive, true);
    const call = session.call(0, postprocess, [], () => 0);
    const message = `Use case u holds 501 MB${shared ? " (2 streams share it)" : ""}`;
    const failed = [call, ...unmade ? [unmade] : []].map((one) =>
      rejects(one, (error) => {
        ok(error instanceof GuestEnded);
        deepEqual([error.message, error.culprit], [message, null]);
        return true;
      })
    );
    link.say({ type: "memory", usedMb: 501 });
    await Promise.all(failed);
    deepEqual(usedMb, [500, 501]);
    // Of use cases that were being made their callers are told.
    deepEqual(ended, ["door"]);
    equal(session.death?.instances, 1);
    deepEqual((shared ? log : door).levelled, [`error: ${message}`]);
    link.events.onEnd("was killed");
    link.events.onMessage("?");
    deepEqual(ended, ["door"]);
    equal(door.levelled.length + log.levelled.length, 1);
    ok(link.killed > 0);
  }
});

Deno.test("GuestSession ends a guest that is late with a call, and says for whom and what it did", async () => {
  const at = (ranMs: number, wantsToRun: boolean) => {
    let atMs = 0;
    return () => ({ atMs: atMs += 100, ranMs: ranMs * atMs, waitedMs: 0, wantsToRun });
  };
  const rows: [Link["times_"], string][] = [
    [() => null, ""],
    [at(0, false), ", waiting"],
    [at(1, true), ", computing"],
  ];
  for (const [times, how] of rows) {
    using log = collectLog("guest");
    const told: string[] = [];
    const { link, session } = await started(log, {
      onLate: (lateness) => (told.push(lateness), "it is killed"),
    });
    link.times_ = times;
    for (const [id, stream] of ["door", "yard"].entries()) {
      await made(link, session, id, streamOf(stream, log, { timeoutMs: 20 }));
    }
    const disposing = session.call(0, { type: "dispose" }, [], () => 0).catch(() => {});
    const message = `Use case u took longer than 20 ms in postprocess()${how}; it is killed ` +
      "(it worked for yard; 2 streams share it)";
    await rejects(session.call(1, postprocess, [], () => 0), { message, culprit: "yard" });
    await disposing;
    equal(session.death?.instances, 2);
    equal(told.length, 1);
  }
});

Deno.test("GuestSession lets a late call be answered while it is looked at", async () => {
  using log = collectLog("guest");
  const { link, session } = await started(log);
  await made(link, session, 0, streamOf("door", log, { timeoutMs: 5 }));
  const looked = Promise.withResolvers<void>();
  link.times_ = () => (looked.resolve(), { atMs: 1, ranMs: 1, waitedMs: 0, wantsToRun: true });
  const answer = session.call(0, postprocess, [], () => "late");
  await looked.promise;
  link.say({ type: "answer", id: 1 });
  equal(await answer, "late");
  await new Promise((resolve) => setTimeout(resolve, 60));
  equal(session.isAlive, true);
  await session.leave(0);
});
