/** One instance of a plugin's use case: what its factory returned for one stream. */

import type { FrameInfo } from "../../frame/frame.ts";
import * as helpers from "../../helpers/mod.ts";
import type { InputPlan } from "../input/input_plan.ts";
import { planFor } from "../input/plan_for.ts";
import type { MaybePromise, UseCase, UseCaseContext, UseCaseFactory } from "../use_case.ts";
import { UseCaseError } from "../use_case_error.ts";
import { checkAnalysis } from "../wire/check_analysis.ts";
import { readInput, readNames } from "../wire/received_message.ts";
import type { CallMessage, LoadMessage, PostToHost } from "../wire/messages.ts";
import { fromWire, toWire } from "../wire/wire_tensors.ts";
import type { WriteLog } from "./guest_log.ts";
import { Slips } from "./slips.ts";

type Buffers = readonly Uint8Array<ArrayBuffer>[];

/** Answers the calls of one stream. */
export class GuestInstance {
  /** Writes to the log of its stream. */
  readonly log: WriteLog;
  readonly #post: PostToHost;
  readonly #slips: Slips;
  #useCase: UseCase | null = null;
  #mostTensorBytes = 0;

  constructor(post: PostToHost, log: WriteLog) {
    this.#post = post;
    this.log = log;
    this.#slips = new Slips(log);
  }

  /** Calls the factory. */
  async load(
    factory: UseCaseFactory,
    { id, options, stream, model, binaryInput, mostTensorBytes, mutesFetch }: LoadMessage,
  ): Promise<void> {
    if (mutesFetch) muteFetch(this.log);
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
      log: (level, message) => this.log(level, String(message)),
    };
    const useCase = await factory(options, context);
    if (typeof useCase === "object") this.#slips.lookAtUseCase(useCase);
    checkContract(useCase);
    const input = readInput(useCase.input ?? {});
    const hasPreprocess = useCase.preprocess !== undefined;
    made.plan = planFor(input, hasPreprocess, model, binaryInput);
    this.#useCase = useCase;
    this.#mostTensorBytes = mostTensorBytes;
    const hasVisualize = useCase.visualize !== undefined;
    const hasSession = useCase.session !== undefined;
    const outputs = useCase.outputs && readNames(useCase.outputs);
    this.#post({
      ...{ type: "ready", id, input, hasPreprocess, hasVisualize, hasSession },
      ...(outputs !== undefined && { outputs }),
    });
  }

  /** Answers within the turn in which the call came, when the use case does. */
  answer(call: CallMessage, buffers: Buffers): Promise<void> | void {
    const useCase = this.#useCase;
    if (useCase === null) throw new UseCaseError("Cannot answer: the use case is not made yet");
    const { id } = call;
    switch (call.type) {
      case "preprocess": {
        const frame = { ...call.frame, data: buffers[0]! };
        return whenKnown(useCase.preprocess!(refuseOldName(frame)), (tensors) => {
          if (tensors === null || tensors === undefined) {
            return this.#post({ type: "answer", id, tensors: null });
          }
          const { headers, buffers: data } = toWire(tensors, this.#mostTensorBytes);
          this.#post({ type: "answer", id, tensors: headers }, data);
        });
      }
      case "postprocess": {
        const outputs = fromWire(call.tensors, buffers);
        const seen = refuseOldName(call.frame as FrameInfo);
        return whenKnown(useCase.postprocess(outputs, seen), (returned) => {
          if (typeof returned === "object") this.#slips.lookAtAnalysis(returned);
          // Also checked by the host: here it is known what the plugin returned, before it is JSON.
          const analysis = checkAnalysis(returned);
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
      case "session":
        return whenKnown(useCase.session!(call.stream), () => this.#post({ type: "answer", id }));
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

/** A plugin that was written for an older Sightline is told the new name, and gets no boxes wrong. */
function refuseOldName<Info extends FrameInfo>(frame: Info): Info {
  return Object.defineProperty(frame, "picture", {
    configurable: true,
    get: () => {
      throw new TypeError("frame.picture is called frame.contentRect now");
    },
  });
}

function checkContract(useCase: unknown): asserts useCase is UseCase {
  if (typeof useCase !== "object" || useCase === null) {
    throw new UseCaseError(
      `its factory returned ${useCase === null ? "null" : typeof useCase}, ` +
        `it must return an object with a postprocess method`,
    );
  }
  for (const method of ["postprocess", "preprocess", "visualize", "session", "dispose"] as const) {
    const value = (useCase as Record<string, unknown>)[method];
    if (typeof value === "function" || (value === undefined && method !== "postprocess")) continue;
    throw new UseCaseError(
      `${method} is ${value === undefined ? "missing" : typeof value}, it must be a method`,
    );
  }
}

/**
 * Has `fetch` answer an empty 204 for the rest of the guest's life, and says so once: a plugin that is
 * tried over and over must not ring a bell each time.
 */
function muteFetch(log: WriteLog): void {
  let isLogged = false;
  globalThis.fetch = function sendNothing(input, init) {
    const request = new Request(input, init);
    if (!isLogged) {
      isLogged = true;
      const { host } = new URL(request.url);
      log(
        "warning",
        `A test sends nothing: ${request.method} ${request.url} was answered with 204, as is all ` +
          `that follows; --allow_plugin net=${host} lets it out`,
      );
    }
    return Promise.resolve(new Response(null, { status: 204 }));
  };
}
