import { deepEqual, equal, match, ok } from "node:assert/strict";
import { failureOf } from "../../../tests/support/failure_of.ts";
import { collectLog } from "../../../tests/support/log_lines.ts";
import { type PeerRequest, withHttp2Peer } from "../../../tests/support/with_http2_peer.ts";
import { noSessionCounts } from "../inference.ts";
import type { Tensors } from "../../frame/tensor.ts";
import { frameFlag, frameType, makeFrame, setting, uint32 } from "../http2/frame.ts";
import {
  answered,
  answerTo,
  ask,
  errorOf,
  ModelStreamInfer,
  open,
  say,
  type Script,
  serve,
  sessionWith,
} from "../../../tests/support/graph_sessions.ts";

const lastAnswer = { bool_param: true, parameter_choice: "bool_param" };

Deno.test("frames go as the time of their capture in microseconds, which rises whatever the clock does", async () => {
  const { peer, requests } = serve((one, { timestamp }) => say(one, answerTo(timestamp)));
  await using _peer = peer;
  await using opened = await open(peer);
  const { session, counts } = opened;
  for (
    const at of [1_760_000_000_000, 1_760_000_000_040.5, 1_760_000_000_040.5, 1_700_000_000_000]
  ) {
    const { outputs, stream } = await ask(session, at);
    deepEqual(outputs["y"]?.data, Float32Array.of(0.5));
    deepEqual(stream, { number: 1, state: "unknown" });
  }
  deepEqual(requests.map(({ timestamp }) => timestamp), [
    1_760_000_000_000_000,
    1_760_000_000_040_500,
    1_760_000_000_040_501,
    1_760_000_000_040_502,
  ]);
  deepEqual(counts, { ...noSessionCounts(), sessions: 1, joined: 4 });
});

Deno.test("an answer frees its frame and those before it, which are no failures of the server", async () => {
  let seen = 0;
  const { peer } = serve((one, { timestamp }) => {
    if (++seen % 3 === 0) say(one, answerTo(timestamp));
  });
  await using _peer = peer;
  await using opened = await open(peer);
  const outcomes = await Promise.all(
    [1, 2, 3].map((at) => ask(opened.session, at).then(() => "answered", (error) => error.reason)),
  );
  deepEqual(outcomes, ["no_answer", "no_answer", "answered"]);
});

Deno.test("answers come through a window of one, byte by byte, with padding and pings in between", async () => {
  const { peer } = serve((one, { timestamp }) => {
    one.send(makeFrame(frameType.ping, frameFlag.none, 0, new Uint8Array(8)));
    say(one, answerTo(timestamp), 1);
    one.send(makeFrame(frameType.data, frameFlag.padded, one.stream, Uint8Array.of(2, 0, 0)));
  }, [[setting.initialWindowSize, 1]]);
  await using _peer = peer;
  await using opened = await open(peer);
  const all = await Promise.all([1, 2, 3].map((at) => ask(opened.session, at)));
  equal(all.length, 3);
});

const ends: Readonly<Record<string, { readonly end: Script; readonly words: RegExp }>> = {
  "RST_STREAM": { end: (one) => one.reset(2), words: /broke off the request/ },
  "a dead connection": { end: (one) => one.end(), words: /closed|reset/i },
  "trailers only": {
    end: (one) => one.finish(3, "Mediapipe execution failed"),
    words: /execution failed/,
  },
  "a status in good order": { end: (one) => one.finish(0), words: /the server ended the stream/ },
  "words that are no message": {
    end: (one) => say(one, Uint8Array.of(255, 255)),
    words: /Cannot read/,
  },
  "an answer of no frame": { end: (one) => say(one, answerTo(null)), words: /names no frame/ },
};

for (const [name, { end, words }] of Object.entries(ends)) {
  Deno.test(`a stream that ends by ${name} costs its frames, and the next goes on with the clock`, async () => {
    let isFirst = true;
    const { peer, requests } = serve((one, request) => {
      if (!isFirst) return say(one, answerTo(request.timestamp));
      isFirst = false;
      end(one, request);
    });
    await using _peer = peer;
    await using opened = await open(peer);
    const { session, counts } = opened;
    match((await failureOf(ask(session, 5))).message, words);
    const { stream } = await answered(session, 4);
    equal(stream.number, 2);
    equal(counts.sessions, 2);
    ok(requests.at(-1)!.timestamp > requests[0]!.timestamp);
  });
}

Deno.test("a GOAWAY that leaves the stream out costs no frame: all are sent again, once, in order", async () => {
  const { peer, requests } = serve((one, { timestamp }) => {
    if (one.connection === 0) {
      if (requests.length === 3) one.goaway(0);
    } else say(one, answerTo(timestamp));
  });
  await using _peer = peer;
  await using opened = await open(peer);
  const all = await Promise.all([1, 2, 3].map((at) => ask(opened.session, at)));
  deepEqual(all.map(({ stream }) => stream.number), [2, 2, 2]);
  deepEqual(requests.map(({ timestamp }) => timestamp), [1000, 2000, 3000, 1000, 2000, 3000]);
});

Deno.test("a GOAWAY behind the stream lets what was sent be answered, and new frames go elsewhere", async () => {
  const first: PeerRequest[] = [];
  const { peer, requests } = serve((one, { timestamp }) => {
    // By its id alone, which leaves the frames before it as they are.
    if (timestamp !== 1000) return say(one, answerTo(null, ["y"], String(timestamp)));
    first.push(one);
    one.goaway(one.stream);
  });
  await using _peer = peer;
  await using opened = await open(peer);
  const { session } = opened;
  const old = ask(session, 1);
  while (requests.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
  // What is sent as the GOAWAY is on its way may be in either.
  let at = 2;
  while ((await answered(session, at++)).stream.number === 1);
  say(first[0]!, answerTo(1000));
  equal((await old).stream.number, 1);
  equal((await answered(session, at)).stream.number, 2);
});

Deno.test("outputs of timestamps that were not sent are left out, and told of once", async () => {
  const { peer } = serve((one, { timestamp }) => {
    say(one, answerTo(timestamp - 500));
    say(one, answerTo(timestamp));
  });
  await using _peer = peer;
  using log = collectLog("graph");
  await using opened = await open(peer, { logger: log.logger });
  for (const at of [1, 2, 3]) await ask(opened.session, at);
  equal(opened.counts.unasked, 3);
  const warnings = log.levelled.filter((line) => line.startsWith("warning"));
  equal(warnings.length, 1);
  match(warnings[0]!, /The graph \S+ sends outputs with timestamps that it was not sent/);
});

Deno.test("a model that is no graph is asked to say when a frame has had all its answers", async () => {
  const { peer, requests } = serve((one, { timestamp }) => {
    const answer = { id: String(timestamp), parameters: { triton_final_response: lastAnswer } };
    say(one, new Uint8Array(ModelStreamInfer!.responseSerialize({ infer_response: answer })));
  });
  await using _peer = peer;
  const model = { name: "m", inputs: [], outputs: [] };
  for (const graph of [false, true] as const) {
    await using session = sessionWith(peer, graph ? { ...model, graph } : model);
    equal((await failureOf(ask(session, graph ? 2 : 1))).reason, "no_answer");
  }
  deepEqual(requests.map(({ sidePackets }) => sidePackets), [
    { triton_enable_empty_final_response: lastAnswer },
    {},
  ]);
});

Deno.test("an error in the stream costs the oldest frame; one that names its frame costs that one", async () => {
  const { peer } = serve((one, { timestamp }) => {
    if (timestamp === 2000) say(one, errorOf("Invalid input shape - Expected: 3; Actual: 4"));
    if (timestamp !== 4000) return;
    const named = { error_message: "busy", infer_response: { id: "4000" } };
    say(one, new Uint8Array(ModelStreamInfer!.responseSerialize(named)));
    say(one, answerTo(3000));
  });
  await using _peer = peer;
  await using opened = await open(peer);
  const { session, counts } = opened;
  const outcomes = await Promise.all(
    [1, 2, 3, 4].map((at) =>
      ask(session, at).then(() => "answered", ({ reason, message }) => `${reason}: ${message}`)
    ),
  );
  match(outcomes[0]!, /^invalid_input: .*Invalid input shape/);
  match(outcomes[1]!, /^no_answer/);
  equal(outcomes[2], "answered");
  match(outcomes[3]!, /^server_error: .*busy/);
  equal(counts.error, 2);
});

Deno.test("a server that repeats ids, and knows no timestamps, may answer in any order", async () => {
  const waiting: [PeerRequest, number][] = [];
  const { peer } = serve((one, { timestamp }) => {
    waiting.push([one, timestamp]);
    if (waiting.length < 3) return;
    for (const [peer, at] of waiting.toReversed()) say(peer, answerTo(null, ["y"], String(at)));
  });
  await using _peer = peer;
  await using opened = await open(peer);
  equal((await Promise.all([1, 2, 3].map((at) => ask(opened.session, at)))).length, 3);
});

Deno.test("side packets go with the first request, and without them once a pooled graph has refused", async () => {
  const refusal =
    "Failed to initialize mediapipe graph - Input side packets are not supported for " +
    "graphs with queue enabled";
  for (const pooled of [false, true]) {
    const { peer, requests } = serve((one, { timestamp, sidePackets }) => {
      if (!pooled || Object.keys(sidePackets).length === 0) return say(one, answerTo(timestamp));
      one.finish(9, refusal);
    });
    await using _peer = peer;
    const sidePackets = { most: 5, label: "person", strict: true };
    await using opened = await open(peer, {}, { sidePackets });
    const all = await Promise.all([1, 2].map((at) => ask(opened.session, at)));
    deepEqual(all.map(({ stream }) => stream.state), Array(2).fill(pooled ? "pooled" : "fresh"));
    const sent = requests.map(({ sidePackets }) => Object.keys(sidePackets).length);
    // One or both of the frames had gone out when the refusal came.
    deepEqual(sent.slice(pooled ? -2 : 0), pooled ? [0, 0] : [3, 0]);
    const [first] = requests;
    deepEqual(first!.sidePackets, {
      most: { int64_param: "5", parameter_choice: "int64_param" },
      label: { string_param: "person", parameter_choice: "string_param" },
      strict: { bool_param: true, parameter_choice: "bool_param" },
    });
  }
});

Deno.test("a frame that is given up leaves the stream and its place, and its answer is late", async () => {
  let held: (() => void) | undefined;
  const { peer } = serve((one, { timestamp }) => {
    if (timestamp === 1000) held = () => say(one, answerTo(timestamp));
    else {
      held?.();
      say(one, answerTo(timestamp));
    }
  });
  await using _peer = peer;
  await using opened = await open(peer);
  const { session, counts } = opened;
  const controller = new AbortController();
  const given = failureOf(ask(session, 1, controller.signal));
  while (held === undefined) await new Promise((resolve) => setTimeout(resolve, 5));
  controller.abort();
  equal((await given).reason, "cancelled");
  await ask(session, 2);
  deepEqual(counts, { ...noSessionCounts(), sessions: 1, joined: 1, late: 1 });
});

Deno.test("a frame that is given up on its way may be overwritten: what was begun goes to its end", async () => {
  const seen: number[] = [];
  let allow: (() => void) | undefined;
  await using peer = withHttp2Peer({
    settings: [[setting.initialWindowSize, 100]],
    onData: (one, bytes) => {
      seen.push(...bytes);
      // The rest of the frame that is given up, and the next one, wait for this.
      allow ??= () =>
        one.send(makeFrame(frameType.windowUpdate, frameFlag.none, one.stream, uint32(100_000)));
    },
    onRequest: () => {},
  });
  await using opened = await open(peer, {}, { timeoutMs: 60_000 });
  const { session } = opened;
  const image = (value: number, size: number): Tensors => ({
    x: { datatype: "UINT8", shape: [size], data: new Uint8Array(size).fill(value) },
  });
  const [first, waiting, last] = [image(7, 1000), image(8, 1000), image(9, 10)];
  const controller = new AbortController();
  const { signal } = controller;
  const given = [first!, waiting!].map((inputs, at) =>
    failureOf(session.infer(inputs, at + 1, signal))
  );
  // It is not answered.
  session.infer(last!, 3).catch(() => {});
  while (allow === undefined) await new Promise((resolve) => setTimeout(resolve, 5));
  controller.abort();
  for (const failure of await Promise.all(given)) equal(failure.reason, "cancelled");
  for (const { x } of [first!, waiting!]) (x!.data as Uint8Array).fill(0xee);
  allow();
  while (seen.filter((byte) => byte === 9).length < 10) {
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  ok(seen.filter((byte) => byte === 7).length >= 1000, "the first came to its end");
  ok(seen.filter((byte) => byte === 8).length < 100, "the second was never begun");
  ok(seen.filter((byte) => byte === 0xee).length < 100);
});

Deno.test("a frame goes with the outputs that are there at half its age, where others never come", async () => {
  const { peer } = serve((one, { timestamp }) => say(one, answerTo(timestamp)));
  await using _peer = peer;
  const named = (name: string) => ({ name, datatype: "UINT8", shape: [] }) as const;
  const model = {
    name: "g",
    graph: true,
    inputs: [],
    outputs: ["y", "seldom"].map(named),
  } as const;
  await using session = sessionWith(peer, model, 400);
  const { outputs } = await ask(session, Date.now());
  deepEqual(Object.keys(outputs), ["y"]);
  // One that a use case needs, has to be there.
  await using opened = await open(peer, { outputs: ["y", "seldom"], maxAgeMs: 400 });
  const tooOld = AbortSignal.timeout(600);
  equal((await failureOf(ask(opened.session, Date.now(), tooOld))).reason, "cancelled");
});

Deno.test("frames wait no longer than the timeout, and fail at once while a server is away", async () => {
  const { peer } = serve(() => {});
  await using silent = await open(peer, { maxAgeMs: null }, { timeoutMs: 1000 });
  equal((await failureOf(ask(silent.session, 1))).reason, "no_answer");
  await peer[Symbol.asyncDispose]();
  await using away = await open(peer);
  const failures = [await failureOf(ask(away.session, 1)), await failureOf(ask(away.session, 2))];
  deepEqual(failures.map(({ reason }) => reason), ["unavailable", "unavailable"]);
  equal(failures[0], failures[1], "the second was not tried");
});
