import assert from "node:assert/strict";
import { readMessage } from "./received_message.ts";

/** What the host makes of a message that arrived with that header. */
function read(header: Readonly<Record<string, unknown>>, buffers: unknown = []) {
  return readMessage({ header: JSON.stringify(header), buffers, call: header["id"] });
}

const ready = { type: "ready", id: 1, input: {} };
const isReady = {
  ...{ type: "ready", id: 1, input: {} },
  ...{ hasPreprocess: false, hasVisualize: false, hasSession: false },
};
const line = { type: "log", level: "info", message: "hello", instance: 3 };

Deno.test("readMessage() takes each kind of message, and of it only what the contract names", () => {
  const most = Array(4096).fill("a");
  const cases: [Record<string, unknown>, Record<string, unknown>?][] = [
    [{ type: "evaluated", problem: null }],
    [{ type: "evaluated", problem: "no default export", stack: "at x" }],
    [ready, isReady],
    [{ ...ready, hasPreprocess: true, hasVisualize: 1, hasSession: "yes" }, {
      ...isReady,
      hasPreprocess: true,
    }],
    [{ ...ready, hasVisualize: true, hasSession: true, outputs: ["a", "b"] }, {
      ...isReady,
      ...{ hasVisualize: true, hasSession: true, outputs: ["a", "b"] },
    }],
    [{ type: "memory", usedMb: 12.5 }],
    [{ type: "exit", message: "asked to end" }],
    [{ type: "refused", id: 4, message: "no" }],
    [{ type: "failed", id: 5, message: "no", stack: "at y" }],
    [line],
    ...["debug", "warning", "error"].map((level): [Record<string, unknown>] => [
      { ...line, level, instance: null },
    ]),
    [{ ...ready, outputs: most }, { ...isReady, outputs: most }],
  ];
  for (const [header, expected = header] of cases) {
    assert.deepEqual(read({ ...header, more: "of nothing" }), expected);
  }
  const buffers = [Uint8Array.of(1), new Uint8Array(0)];
  const answer = { type: "answer", id: 7, tensors: [{ name: "x" }], analysis: { data: 1 } };
  assert.deepEqual(read(answer, buffers), { ...answer, buffers });
});

Deno.test("readMessage() takes every wish for an input that is within bounds", () => {
  const input = { width: 1, height: 16_384 };
  const whole = {
    ...{ width: 8192, height: 8192, channels: "gray", fit: "letterbox", layout: "NCHW" },
    ...{ range: 1, name: "image" },
  };
  for (const given of [{}, input, whole, { width: 640 }, { height: 480, range: 255 }]) {
    assert.deepEqual(read({ ...ready, input: { ...given, more: 1 } }), {
      ...isReady,
      input: given,
    });
  }
});

Deno.test("readMessage() cuts a text that would fill the log", () => {
  const { message } = read({ ...line, message: "x".repeat(9000) }) as { message: string };
  assert.equal(message, `${"x".repeat(2000)} … (cut)`);
});

Deno.test("readMessage() refuses what a guest may not say", () => {
  const no = (input: Record<string, unknown>, message: RegExp) =>
    [{ ...ready, input }, message] as const;
  const cases: (readonly [Record<string, unknown>, RegExp])[] = [
    [{}, /no known type/],
    [{ type: "load" }, /no known type/],
    [{ type: "evaluated" }, /text is missing/],
    [{ type: "evaluated", problem: 5 }, /text is missing/],
    [{ type: "evaluated", problem: null, stack: 5 }, /text is missing/],
    [{ type: "memory", usedMb: "9" }, /a number is missing/],
    [{ type: "exit" }, /text is missing/],
    [{ type: "refused", message: "no" }, /a number is missing/],
    [{ type: "failed", id: 1 }, /text is missing/],
    [{ type: "failed", id: 1, message: "no", stack: null }, /text is missing/],
    [{ ...line, level: "fatal" }, /level is unknown/],
    [{ ...line, message: {} }, /text is missing/],
    [{ ...line, instance: "3" }, /a number is missing/],
    [{ ...line, stack: [] }, /text is missing/],
    [{ ...ready, id: "1" }, /a number is missing/],
    [{ ...ready, outputs: "a" }, /a list of up to 4096 names/],
    [{ ...ready, outputs: Array(4097).fill("a") }, /a list of up to 4096 names/],
    [{ ...ready, outputs: ["a", 1] }, /text is missing/],
    no({ width: 8193, height: 8192 }, /must be at most 67108864 pixels/),
    no({ width: 16_385 }, /input.width must be a whole number from 1 to 16384/),
    no({ width: 0 }, /input.width must be/),
    no({ width: null }, /input.width must be/),
    no({ height: 1.5 }, /input.height must be/),
    no({ height: "9" }, /input.height must be/),
    no({ channels: "argb" }, /input.channels must be bgr or rgb or gray/),
    no({ fit: "crop" }, /input.fit must be stretch or letterbox/),
    no({ layout: "NHW" }, /input.layout must be NHWC or NCHW/),
    no({ range: 2 }, /input.range must be 1 or 255/),
    no({ name: 1 }, /text is missing/),
    [{ type: "answer", id: null }, /a number is missing/],
  ];
  for (const [header, message] of cases) {
    assert.throws(() => read(header), { name: "TypeError", message });
  }
});

Deno.test("readMessage() refuses a header that is none, or too long, before it is parsed", () => {
  for (const message of [null, 7, {}, { header: 5 }, { header: " ".repeat(16 * 1024 ** 2 + 1) }]) {
    assert.throws(() => readMessage(message), /a header must be text of up to 16777216 characters/);
  }
  assert.throws(() => readMessage({ header: "{" }), SyntaxError);
  for (const header of ["null", "7", "[]"]) {
    assert.throws(() => readMessage({ header }), /no known type/);
  }
  const longest = JSON.stringify({ type: "memory", usedMb: 1 }).padEnd(16 * 1024 ** 2);
  assert.deepEqual(readMessage({ header: longest }), { type: "memory", usedMb: 1 });
});

Deno.test("readMessage() refuses an answer to another call than the transport says", () => {
  const header = JSON.stringify({ type: "answer", id: 7 });
  for (const call of [8, undefined, "7"]) {
    assert.throws(() => readMessage({ header, buffers: [], call }), /answers another call/);
  }
});

Deno.test("readMessage() refuses memory that could change later, or is too much", () => {
  const cases: [unknown, RegExp][] = [
    [null, /the buffers must be a list/],
    [{ length: 0 }, /the buffers must be a list/],
    [[5], /a buffer must be bytes, and not shared/],
    [[new ArrayBuffer(1)], /a buffer must be bytes/],
    [[new Uint16Array(1)], /a buffer must be bytes/],
    [[new Uint8Array(new SharedArrayBuffer(1))], /and not shared/],
    [Array(129).fill(new Uint8Array(2 * 1024 ** 2)), /more than 268435456 bytes/],
  ];
  const answer = { type: "answer", id: 7 };
  for (const [buffers, message] of cases) {
    assert.throws(() => read(answer, buffers), { name: "TypeError", message });
  }
  read(answer, Array(128).fill(new Uint8Array(2 * 1024 ** 2)));
});
