/**
 * The side of a host that runs beside the plugin, within its confinement: in a Worker, or in a child
 * process. It imports no package, so that a confined process needs none.
 */

import type { FrameInfo } from "../../frame/frame.ts";
import * as helpers from "../../helpers/mod.ts";
import { checkAnalysis } from "../wire/check_analysis.ts";
import type { InputPlan } from "../input/input_plan.ts";
import type { FromGuest, LoadMessage, PostToHost, ToGuest, WireMessage } from "../wire/messages.ts";
import { PictureWatch } from "./picture_watch.ts";
import { planFor } from "../input/plan_for.ts";
import type { Say } from "./guest_log.ts";
import { saneText } from "../wire/sane_text.ts";
import { fromWire, toWire } from "../wire/wire_tensors.ts";
import type { MaybePromise, UseCase, UseCaseContext, UseCaseFactory } from "../use_case.ts";
import { UseCaseError } from "../use_case_error.ts";

type Buffers = readonly Uint8Array<ArrayBuffer>[];

// Taken before any plugin runs, which may well replace them.
const { parse, stringify } = JSON;

/** Runs one use case for the host at the other end. */
export class Guest {
  readonly #post: PostToHost;
  readonly #say: Say;
  #factory: UseCaseFactory | null = null;
  #useCase: UseCase | null = null;
  readonly #pictures: PictureWatch;
  /** Messages that came before the plugin's module had run. */
  readonly #early: WireMessage[] = [];

  constructor(post: PostToHost, say: Say) {
    this.#post = post;
    this.#say = say;
    this.#pictures = new PictureWatch(say);
  }

  /** The plugin's module has run; now messages are answered. */
  start(namespace: Readonly<Record<string, unknown>>): void {
    const factory = namespace["default"];
    if (typeof factory !== "function") {
      this.#post({
        type: "evaluated",
        problem: `its default export is ${kindOf(factory)}, ` +
          `it must be a function that returns a use case`,
      });
      return;
    }
    this.#factory = factory as UseCaseFactory;
    this.#post({ type: "evaluated", problem: null });
    for (const message of this.#early.splice(0)) this.receive(message);
  }

  /** The plugin's module cannot be loaded, or threw while it ran. */
  fail(error: unknown): void {
    this.#post({ type: "evaluated", problem: `it cannot be loaded: ${wordsOf(error)}` });
  }

  /** Takes a message from the host. */
  receive(message: WireMessage): void {
    if (this.#factory === null) {
      this.#early.push(message);
      return;
    }
    const call = parse(message.header) as ToGuest;
    try {
      const work = call.type === "load" ? this.#load(call) : this.#answer(call, message.buffers);
      work?.catch((error) => this.#failed(call, error));
    } catch (error) {
      this.#failed(call, error);
    }
  }

  #failed(call: ToGuest, error: unknown): void {
    const message = wordsOf(error);
    if (call.type === "load") this.#post({ type: "refused", message });
    else this.#post({ type: "failed", id: call.id, message });
  }

  async #load({ options, stream, model, binaryInput }: LoadMessage): Promise<void> {
    // The context needs it before the use case tells its input.
    const made: { plan?: InputPlan } = {};
    const context: UseCaseContext = {
      stream,
      model,
      helpers,
      pack: (frame) => {
        if (made.plan) return made.plan.pack(frame);
        throw new UseCaseError("Cannot pack a frame: the use case is not made yet");
      },
      log: (level, message) => this.#say(level, String(message)),
    };
    const useCase = await this.#factory!(options, context);
    checkContract(useCase);
    const input = useCase.input ?? {};
    const hasPreprocess = useCase.preprocess !== undefined;
    made.plan = planFor(input, hasPreprocess, model, binaryInput);
    this.#useCase = useCase;
    const hasVisualize = useCase.visualize !== undefined;
    this.#post({ type: "ready", input, hasPreprocess, hasVisualize });
  }

  /** Answers within the turn in which the call came, when the use case does. */
  #answer(call: Exclude<ToGuest, LoadMessage>, buffers: Buffers): Promise<void> | void {
    const useCase = this.#useCase;
    if (useCase === null) throw new UseCaseError("Cannot answer: the use case is not made yet");
    const { id } = call;
    switch (call.type) {
      case "preprocess": {
        const frame = this.#pictures.watch({ ...call.frame, data: buffers[0]! });
        return whenKnown(useCase.preprocess!(frame), (tensors) => {
          if (tensors === null || tensors === undefined) {
            return this.#post({ type: "answer", id, tensors: null });
          }
          const { headers, buffers: data } = toWire(tensors);
          this.#post({ type: "answer", id, tensors: headers }, data);
        });
      }
      case "postprocess": {
        const outputs = fromWire(call.tensors, buffers);
        const frame = call.frame as FrameInfo;
        return whenKnown(useCase.postprocess(outputs, this.#pictures.watch(frame)), (returned) => {
          // Also checked by the host: here it is known what the plugin returned, before it is JSON.
          const analysis = checkAnalysis(returned);
          this.#pictures.made(frame, analysis);
          this.#post({ type: "answer", id, analysis });
        });
      }
      case "visualize": {
        const { width, height, analysis } = call;
        const data = buffers[0]!;
        return whenKnown(
          useCase.visualize!({ width, height, data }, analysis),
          () => this.#post({ type: "answer", id }, [data]),
        );
      }
      case "dispose":
        return whenKnown(useCase.dispose?.(), () => this.#post({ type: "answer", id }));
    }
  }
}

/** Goes on at once, unless the plugin returned a promise: each turn more is time until the answer. */
function whenKnown<T>(value: MaybePromise<T>, goOn: (value: T) => void): Promise<void> | void {
  return typeof (Object(value) as { then?: unknown }).then === "function"
    ? Promise.resolve(value).then(goOn)
    : goOn(value as T);
}

/**
 * A throw in a timer, or a promise that nobody looks at, costs what it belongs to and not the guest;
 * Deno would print it on standard error, unmasked, and end the Worker or process.
 */
export function catchStrays(say: Say): void {
  const report = (event: Event, error: unknown) => {
    event.preventDefault();
    say("error", `Nobody caught an error: ${wordsOf(error)}`);
  };
  globalThis.addEventListener("error", (event) => report(event, event.error));
  globalThis.addEventListener("unhandledrejection", (event) => report(event, event.reason));
}

/** The JSON of a message. */
export function encode(message: FromGuest): string {
  try {
    return stringify(message);
  } catch {
    // The message is ours and plain: a prototype below it was changed.
    return '{"type":"exit","message":"made JSON unusable"}';
  }
}

function checkContract(useCase: unknown): asserts useCase is UseCase {
  if (typeof useCase !== "object" || useCase === null) {
    throw new UseCaseError(
      `its factory returned ${useCase === null ? "null" : typeof useCase}, ` +
        `it must return an object with a postprocess method`,
    );
  }
  for (const method of ["postprocess", "preprocess", "visualize", "dispose"] as const) {
    const value = (useCase as Record<string, unknown>)[method];
    if (typeof value === "function" || (value === undefined && method !== "postprocess")) continue;
    throw new UseCaseError(
      `${method} is ${value === undefined ? "missing" : typeof value}, it must be a method`,
    );
  }
}

function kindOf(value: unknown): string {
  return value === undefined ? "missing" : value === null ? "null" : `of type ${typeof value}`;
}

/** Of whatever was thrown; a plugin may throw what has no words, or words that throw. */
export function wordsOf(error: unknown): string {
  try {
    if (error instanceof Error) {
      // What follows the first line is an excerpt of the source.
      return saneText(String(error.message || error.name).split("\n", 1)[0]!);
    }
    return saneText(`it threw ${typeof error === "string" ? error : kindOf(error)}`);
  } catch {
    return "it threw what cannot be told";
  }
}
