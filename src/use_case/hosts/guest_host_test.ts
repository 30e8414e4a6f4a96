import assert from "node:assert/strict";
import { getLogger } from "@logtape/logtape";
import { collectLog } from "../../../tests/support/log_lines.ts";
import { smallFrame } from "../../../tests/support/with_plugin.ts";
import type { ModelMetadata } from "../../frame/model.ts";
import type { ReadyMessage } from "../wire/messages.ts";
import { toWire } from "../wire/wire_tensors.ts";
import { GuestHost, type GuestHostOptions } from "./guest_host.ts";
import type { CallBody, GuestSession } from "./guest_session.ts";
import type { OpenInstance } from "./shared_guest.ts";
import { UseCaseError } from "../use_case_error.ts";

/** A use case that answers as a test says, in a guest that is none. */
class Made implements OpenInstance {
  readonly instance = 3;
  readonly ready: ReadyMessage;
  readonly session = this as unknown as GuestSession;
  isAlive = true;
  left = 0;
  answer: (body: CallBody) => Promise<object> = () => Promise.resolve({ analysis: {} });

  constructor(ready: Partial<ReadyMessage> = {}) {
    const has = { hasPreprocess: false, hasVisualize: false, hasSession: false };
    this.ready = { type: "ready", id: 0, input: {}, ...has, ...ready };
  }

  async call(instance: number, body: CallBody, _: unknown, read: (answer: object) => unknown) {
    assert.equal(instance, this.instance);
    return read({ buffers: [], ...await this.answer(body) });
  }

  leave(instance: number): Promise<void> {
    assert.equal(instance, this.instance);
    this.left++;
    return Promise.resolve();
  }
}

function hostOf(open: GuestHostOptions["open"], given: Partial<GuestHostOptions> & {
  readonly outputs?: readonly string[];
  readonly datatype?: "UINT8" | "FP32";
  readonly onRestart?: () => void;
} = {}): Promise<GuestHost> {
  const { outputs = [], datatype = "UINT8", onRestart, ...options } = given;
  const model: ModelMetadata = {
    name: "m",
    inputs: [{ name: "image", datatype, shape: [1, 2, 2, 3] }],
    outputs: outputs.map((name) => ({ name, datatype: "FP32", shape: [1] })),
  };
  const logger = getLogger(["test"]);
  const request = { model, binaryInput: false, ...(onRestart && { onRestart }) };
  return GuestHost.open({ name: "u", request, logger, timeoutMs: 1000, open, ...options });
}

/** Timers that ring at once, and how long they were to wait. */
function hurriedTimers() {
  const waitsMs: number[] = [];
  const { setTimeout } = globalThis;
  globalThis.setTimeout = ((ring: () => void, ms: number, ...given: []) => {
    waitsMs.push(ms);
    return setTimeout(ring, 0, ...given);
  }) as typeof setTimeout;
  return { waitsMs, [Symbol.dispose]: () => void (globalThis.setTimeout = setTimeout) };
}

Deno.test("GuestHost waits for outputs that the model has, or may have, and refuses others", async () => {
  const rows: [needed: string[], outputs: string[], message?: string][] = [
    [[], ["y"]],
    [["y"], ["x", "y"]],
    [["z"], []],
    [["y", "z"], ["x", "y"], 'Cannot wait for output "z" of model "m": it has "x", "y"'],
  ];
  for (const [needed, outputs, message] of rows) {
    const made = new Made({ outputs: needed });
    const opening = hostOf(() => Promise.resolve(made), { outputs });
    if (message !== undefined) {
      await assert.rejects(opening, { name: "UseCaseError", message });
      assert.equal(made.left, 1);
    } else {
      assert.deepEqual((await opening).outputs, needed);
      assert.equal(made.left, 0);
    }
  }
});

Deno.test("GuestHost uses the memory of its own inputs again", async () => {
  const host = await hostOf(() => Promise.resolve(new Made()), { datatype: "FP32" });
  const bufferOf = async () => {
    const inputs = (await host.preprocess(smallFrame()))!;
    return [inputs, (inputs["image"]!.data as Float32Array).buffer] as const;
  };
  const [first, memory] = await bufferOf();
  const [, other] = await bufferOf();
  assert.notEqual(other, memory);
  host.release(first);
  const [, again] = await bufferOf();
  assert.equal(again, memory);
  // Where the frame's own bytes are the input, there is nothing to take back.
  const plain = await hostOf(() => Promise.resolve(new Made()));
  const inputs = (await plain.preprocess(smallFrame()))!;
  plain.release(inputs);
  assert.deepEqual(inputs["image"]?.data, smallFrame().data);
});

Deno.test("GuestHost hands on what a use case prepares, skips and draws, and needs of its frames", async () => {
  const made = new Made({ hasPreprocess: true, hasVisualize: true });
  const host = await hostOf(() => Promise.resolve(made));
  assert.deepEqual(host.format, { width: 2, height: 2, pixelFormat: "bgr24", fit: "stretch" });
  made.answer = () => Promise.resolve({ tensors: null });
  assert.equal(await host.preprocess(smallFrame()), null);
  const n = { datatype: "UINT8", shape: [2], data: Uint8Array.of(7, 8) } as const;
  const { headers, buffers } = toWire({ n });
  made.answer = () => Promise.resolve({ tensors: headers, buffers });
  assert.deepEqual(await host.preprocess(smallFrame()), {
    n: { ...n, data: Uint8Array.of(7, 8) },
  });
  const picture = { width: 1, height: 1, data: new Uint8Array(4) };
  made.answer = () => Promise.resolve({ buffers: [Uint8Array.of(1, 2, 3, 4)] });
  await host.visualize!(picture, {});
  assert.deepEqual(picture.data, Uint8Array.of(1, 2, 3, 4));
  const plain = await hostOf(() => Promise.resolve(new Made()));
  assert.deepEqual([plain.visualize, plain.session], [undefined, undefined]);
});

Deno.test("GuestHost opens a guest that died once more, and another when that died before it was used", async () => {
  using timers = hurriedTimers();
  using log = collectLog("host");
  const died: (() => void)[] = [];
  const guests = [new Made(), new Made(), new Made()];
  guests[1]!.isAlive = false;
  const restarted = Promise.withResolvers<void>();
  await using host = await hostOf((onEnd) => {
    died.push(onEnd);
    const made = guests[died.length - 1];
    return died.length === 3
      ? Promise.reject(new Error("no memory"))
      : Promise.resolve(made ?? guests[2]!);
  }, { logger: log.logger, onRestart: restarted.resolve });
  died[0]!();
  await 0;
  const gone = { message: "Cannot ask use case u: it is about to start again" };
  assert.throws(() => host.preprocess(smallFrame()), gone);
  assert.throws(() => host.postprocess({}, smallFrame()), gone);
  // It is told once more by whoever saw it as well.
  died[0]!();
  await restarted.promise;
  assert.equal(died.length, 4);
  assert.deepEqual(log.levelled, ["error: It cannot start again: no memory"]);
  assert.deepEqual(await host.postprocess({}, smallFrame()), {});
  const [first, second, third, ...more] = timers.waitsMs;
  assert.ok(first! >= 250 && first! < 320, `${first}`);
  assert.ok(second! >= 375 && second! <= 625, `${second}`);
  assert.ok(third! >= 750 && third! <= 1250, `${third}`);
  assert.deepEqual(more, []);
});

Deno.test("GuestHost waits no longer than at first once a guest has answered a hundred frames", async () => {
  for (const [frames, fromMs, toMs] of [[100, 250, 320], [99, 375, 625]] as const) {
    using timers = hurriedTimers();
    const died: (() => void)[] = [];
    let restarted = Promise.withResolvers<void>();
    await using host = await hostOf((onEnd) => {
      died.push(onEnd);
      return Promise.resolve(new Made());
    }, { onRestart: () => restarted.resolve() });
    for (let life = 0; life < 2; life++) {
      restarted = Promise.withResolvers();
      died[life]!();
      await restarted.promise;
      if (life > 0) break;
      for (let frame = 0; frame < frames; frame++) await host.postprocess({}, smallFrame());
    }
    assert.equal(timers.waitsMs.length, 2);
    const waitedMs = timers.waitsMs[1]!;
    assert.ok(waitedMs >= fromMs && waitedMs <= toMs, `${frames}: ${waitedMs}`);
  }
});

Deno.test("GuestHost gives dispose() a second, or what a call may take, and says when that was not enough", async () => {
  for (const [timeoutMs, limitMs] of [[5, 5], [60_000, 1000]] as const) {
    using timers = hurriedTimers();
    using log = collectLog("host");
    const made = new Made();
    const asked: string[] = [];
    made.answer = ({ type }) => (asked.push(type), new Promise(() => {}));
    const host = await hostOf(() => Promise.resolve(made), { logger: log.logger, timeoutMs });
    await host[Symbol.asyncDispose]();
    assert.deepEqual(asked, ["dispose"]);
    assert.deepEqual(timers.waitsMs, [limitMs]);
    assert.deepEqual(log.levelled, [`warning: It took longer than ${limitMs} ms in dispose()`]);
    assert.equal(made.left, 1);
  }
});

Deno.test("GuestHost says what dispose() threw", async () => {
  using log = collectLog("host");
  const made = new Made();
  const trace = ["inner (/p.ts:1:2)", "dispose (/p.ts:3:4)"];
  made.answer = () => Promise.reject(new UseCaseError("not so", { trace }));
  const host = await hostOf(() => Promise.resolve(made), { logger: log.logger });
  await host[Symbol.asyncDispose]();
  assert.deepEqual(log.levelled, [
    "warning: It failed in dispose(): not so, at inner (/p.ts:1:2), at dispose (/p.ts:3:4)",
  ]);
  assert.equal(made.left, 1);
});

Deno.test("GuestHost starts nothing again once it is disposed of", async () => {
  using log = collectLog("host");
  const died: (() => void)[] = [];
  const made = new Made();
  const host = await hostOf((onEnd) => {
    died.push(onEnd);
    return Promise.resolve(made);
  }, { logger: log.logger });
  // While it waits to start again, for however long, and after that.
  const { setTimeout } = globalThis;
  globalThis.setTimeout = (() => 0) as unknown as typeof setTimeout;
  died[0]!();
  await 0;
  const disposing = host[Symbol.asyncDispose]();
  globalThis.setTimeout = setTimeout;
  await disposing;
  died[0]!();
  await host[Symbol.asyncDispose]();
  assert.equal(died.length, 1);
  assert.equal(made.left, 0);
  assert.deepEqual(log.levelled, []);
});

Deno.test("GuestHost tells a guest that started again of the stream where it wants to know it", async () => {
  using _timers = hurriedTimers();
  using log = collectLog("host");
  const stream = { number: 2, state: "fresh" } as const;
  const told: unknown[] = [];
  for (const [hasSession, fails] of [[true, false], [true, true], [false, false]]) {
    const died: (() => void)[] = [];
    const restarted = Promise.withResolvers<void>();
    await using host = await hostOf((onEnd) => {
      died.push(onEnd);
      const made = new Made({ hasSession: hasSession! });
      const refuses = fails && died.length > 1;
      made.answer = (body) => {
        if (body.type === "dispose") return Promise.resolve({});
        told.push(body);
        return refuses ? Promise.reject(new Error("not now")) : Promise.resolve({});
      };
      return Promise.resolve(made);
    }, { logger: log.logger, onRestart: restarted.resolve });
    await host.session?.(stream);
    died[0]!();
    await restarted.promise;
    const times = hasSession ? 2 : 0;
    assert.deepEqual(told.splice(0), Array(times).fill({ type: "session", stream }));
  }
  assert.deepEqual(log.levelled, ["error: It cannot be told of the stream again: not now"]);
});

Deno.test("GuestHost starts again where nobody is told, and tells of no stream that it was not told of", async () => {
  using _timers = hurriedTimers();
  using log = collectLog("host");
  const died: (() => void)[] = [];
  const asked: string[] = [];
  const again = Promise.withResolvers<void>();
  await using host = await hostOf((onEnd) => {
    if (died.push(onEnd) > 1) again.resolve();
    const made = new Made({ hasSession: true });
    made.answer = ({ type }) => (asked.push(type), Promise.resolve({ analysis: {} }));
    return Promise.resolve(made);
  }, { logger: log.logger });
  died[0]!();
  await again.promise;
  await new Promise((resolve) => setTimeout(resolve));
  await host.postprocess({}, smallFrame());
  assert.deepEqual(asked, ["postprocess"]);
  assert.deepEqual(log.levelled, []);
});

Deno.test("GuestHost takes no picture of another size from visualize()", async () => {
  const made = new Made({ hasVisualize: true });
  const host = await hostOf(() => Promise.resolve(made));
  const picture = () => ({ width: 1, height: 1, data: Uint8Array.of(1, 2, 3, 4) });
  for (const buffers of [[], [new Uint8Array(3)], [new Uint8Array(8)]]) {
    made.answer = () => Promise.resolve({ buffers });
    await assert.rejects(async () => await host.visualize!(picture(), {}), {
      name: "UseCaseError",
      message: "Cannot use the picture: its size was changed by u",
    });
  }
});
