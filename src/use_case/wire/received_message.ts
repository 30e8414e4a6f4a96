/** Validates the messages of a guest: their types and scalars. */

import type { AnswerMessage, FromGuest, LogLevel, ReadyMessage } from "./messages.ts";
import { logLevels } from "./messages.ts";
import { maxBufferBytes, maxHeaderBytes } from "./pipe_frames.ts";
import { saneText, saneWords } from "./sane_text.ts";
import type { InputRequest } from "../use_case.ts";

/** A message whose type and scalars were checked; tensors and analysis were not yet. */
export type ReceivedMessage =
  | Exclude<FromGuest, AnswerMessage | ReadyMessage>
  | ReadyMessage
  | {
    readonly type: "answer";
    readonly id: number;
    readonly tensors: unknown;
    readonly analysis: unknown;
    readonly buffers: readonly Uint8Array<ArrayBuffer>[];
  };

/** Pixels of a frame; see the input plan, which holds models to it. */
const mostPixels = 2 ** 26;

/** Sides of a picture, in pixels: the most that FFmpeg would scale to. */
const maxSide = 16_384;

/** @throws {TypeError} saying what is wrong */
export function readMessage(message: unknown): ReceivedMessage {
  const { header, buffers, call } = Object(message);
  if (typeof header !== "string" || header.length > maxHeaderBytes) {
    throw new TypeError(`a header must be text of up to ${maxHeaderBytes} characters`);
  }
  const received = Object(JSON.parse(header)) as Record<string, unknown>;
  if (received["id"] !== call) throw new TypeError("the message answers another call than it says");
  switch (received["type"]) {
    case "evaluated": {
      const { problem, stack } = received;
      return {
        type: "evaluated",
        problem: problem === null ? null : words(problem),
        ...optionalStack(stack),
      };
    }
    case "ready":
      return {
        type: "ready",
        id: number(received["id"]),
        input: readInput(received["input"]),
        hasPreprocess: received["hasPreprocess"] === true,
        hasVisualize: received["hasVisualize"] === true,
        hasSession: received["hasSession"] === true,
        ...(received["outputs"] !== undefined && { outputs: readNames(received["outputs"]) }),
      };
    case "memory":
      return { type: "memory", usedMb: number(received["usedMb"]) };
    case "exit":
      return { type: "exit", message: words(received["message"]) };
    case "refused":
    case "failed":
      return {
        type: received["type"],
        id: number(received["id"]),
        message: words(received["message"]),
        ...optionalStack(received["stack"]),
      };
    case "log": {
      const { instance, message, uncaught } = received;
      return {
        type: "log",
        level: level(received["level"]),
        message: words(message),
        ...optionalStack(received["stack"]),
        instance: instance === null ? null : number(instance),
        ...(uncaught !== undefined && { uncaught: number(uncaught) }),
      };
    }
    case "answer": {
      const { id, tensors, analysis } = received;
      return { type: "answer", id: number(id), tensors, analysis, buffers: readBuffers(buffers) };
    }
    default:
      throw new TypeError("the message is of no known type");
  }
}

/**
 * The input of a use case, checked: by the guest, which tells its author, and once more by the host.
 * @throws {TypeError}
 */
export function readInput(given: unknown): InputRequest {
  const { width, height, channels, fit, layout, range, name } = Object(given);
  if (width * height > mostPixels) {
    throw new TypeError(`input.width × input.height must be at most ${mostPixels} pixels`);
  }
  return {
    ...(width !== undefined && { width: side("width", width) }),
    ...(height !== undefined && { height: side("height", height) }),
    ...(channels !== undefined && {
      channels: oneOf("channels", channels, ["bgr", "rgb", "gray"] as const),
    }),
    ...(fit !== undefined && { fit: oneOf("fit", fit, ["stretch", "letterbox"] as const) }),
    ...(layout !== undefined && { layout: oneOf("layout", layout, ["NHWC", "NCHW"] as const) }),
    ...(range !== undefined && { range: oneOf("range", range, [1, 255] as const) }),
    ...(name !== undefined && { name: text(name) }),
  };
}

/** More outputs than a graph has can be needed by no result. */
const mostOutputs = 4096;

/** The outputs that a use case names, likewise. @throws {TypeError} */
export function readNames(value: unknown): string[] {
  if (Array.isArray(value) && value.length <= mostOutputs) return value.map(text);
  throw new TypeError(`outputs must be a list of up to ${mostOutputs} names`);
}

function side(which: string, value: unknown): number {
  if (Number.isInteger(value) && value as number >= 1 && value as number <= maxSide) {
    return value as number;
  }
  throw new TypeError(`input.${which} must be a whole number from 1 to ${maxSide}`);
}

function oneOf<T>(which: string, value: unknown, allowed: readonly T[]): T {
  if (allowed.includes(value as T)) return value as T;
  throw new TypeError(`input.${which} must be ${allowed.join(" or ")}`);
}

function readBuffers(buffers: unknown): Uint8Array<ArrayBuffer>[] {
  if (!Array.isArray(buffers)) throw new TypeError("the buffers must be a list");
  let total = 0;
  return buffers.map((buffer) => {
    // Shared memory could change after it was checked.
    if (!(buffer instanceof Uint8Array) || !(buffer.buffer instanceof ArrayBuffer)) {
      throw new TypeError("a buffer must be bytes, and not shared");
    }
    total += buffer.byteLength;
    if (total > maxBufferBytes) {
      throw new TypeError(`the buffers have more than ${maxBufferBytes} bytes`);
    }
    return buffer as Uint8Array<ArrayBuffer>;
  });
}

function text(value: unknown): string {
  if (typeof value !== "string") throw new TypeError("text is missing");
  return saneText(value);
}

/** What a plugin says to people. */
function words(value: unknown): string {
  if (typeof value !== "string") throw new TypeError("text is missing");
  return saneWords(value);
}

function optionalStack(stack: unknown): { readonly stack?: string } {
  return stack === undefined ? {} : { stack: text(stack) };
}

function number(value: unknown): number {
  if (typeof value !== "number") throw new TypeError("a number is missing");
  return value;
}

function level(value: unknown): LogLevel {
  const known = logLevels.find((one) => one === value);
  if (known === undefined) throw new TypeError("a line's level is unknown");
  return known;
}
