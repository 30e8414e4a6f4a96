/**
 * The side of a host that runs beside the plugin, within its confinement: in a Worker, or in a child
 * process. It imports no package, so that a confined process needs none.
 */

import { AsyncLocalStorage } from "node:async_hooks";
import type { UseCaseFactory } from "../use_case.ts";
import { UseCaseError } from "../use_case_error.ts";
import type {
  AnswerMessage,
  FromGuest,
  PostToHost,
  ToGuest,
  WireMessage,
} from "../wire/messages.ts";
import { maxAnswerBytes } from "../wire/pipe_frames.ts";
import { kindOf, messageOf, stackOf } from "./error_text.ts";
import { GuestInstance } from "./guest_instance.ts";
import { limitedLog, type WriteLog } from "./guest_log.ts";
import { loadProblem } from "./load_problem.ts";
import { Strays } from "./strays.ts";

// Taken before any plugin runs, which may well replace them.
const { parse, stringify } = JSON;
const encoder = new TextEncoder();
const textOf = Function.prototype.toString;

/** Runs a plugin's use cases for the host at the other end, one instance for each stream. */
export class Guest {
  readonly #post: PostToHost;
  readonly #logAsPlugin: WriteLog;
  readonly #instances = new Map<number, GuestInstance>();
  /** Whose call is under way, also in what it left to timers and promises. */
  readonly #current = new AsyncLocalStorage<GuestInstance>();
  #factory: UseCaseFactory | null = null;
  /** Messages that came before the plugin's module had run. */
  readonly #early: WireMessage[] = [];

  constructor(post: PostToHost) {
    this.#post = post;
    this.#logAsPlugin = limitedLog(post, null);
  }

  /** Writes to the log of the instance whose call is under way, else to the plugin's. */
  readonly log: WriteLog = (...line) => {
    const instance = this.#current.getStore();
    (instance?.log ?? this.#logAsPlugin)(...line);
  };

  /** Errors that no call waits for. */
  readonly strays = new Strays(this.log);

  /** The plugin's module has run; now messages are answered. */
  start(namespace: Readonly<Record<string, unknown>>): void {
    const factory = namespace["default"];
    if (typeof factory !== "function" || isClass(factory)) {
      const kind = typeof factory === "function" ? "a class" : kindOf(factory);
      const problem =
        `its default export is ${kind}, it must be a function that returns a use case`;
      this.#post({ type: "evaluated", problem });
      return;
    }
    this.#factory = factory as UseCaseFactory;
    this.#post({ type: "evaluated", problem: null });
    for (const message of this.#early.splice(0)) this.receive(message);
  }

  /** The plugin's module cannot be loaded, or threw while it ran. */
  fail(error: unknown): void {
    this.#post({ type: "evaluated", ...loadProblem(error) });
  }

  /** Takes a message from the host. */
  receive(message: WireMessage): void {
    if (this.#factory === null) {
      this.#early.push(message);
      return;
    }
    const call = parse(message.header) as ToGuest;
    try {
      const instance = this.#instanceFor(call);
      const work = this.#current.run(
        instance,
        () =>
          call.type === "load"
            ? instance.load(this.#factory!, call)
            : instance.answer(call, message.buffers),
      );
      work?.catch((error) => this.#failed(call, error));
    } catch (error) {
      this.#failed(call, error);
    }
  }

  #instanceFor(call: ToGuest): GuestInstance {
    const { type, instance: number } = call;
    if (type === "load") {
      const made = new GuestInstance(this.#post, limitedLog(this.#post, number));
      this.#instances.set(number, made);
      return made;
    }
    const instance = this.#instances.get(number);
    if (instance === undefined) throw new UseCaseError("Cannot answer: the use case is not made");
    if (type === "dispose") {
      this.#instances.delete(number);
      this.strays.flush();
    }
    return instance;
  }

  #failed(call: ToGuest, error: unknown): void {
    const message = messageOf(error);
    const { id, instance } = call;
    if (call.type === "load") {
      this.#instances.delete(instance);
      // A plugin that refuses its options says why; the place in its code is of no use to its user.
      const stack = isMistake(error) ? stackOf(error) : "";
      this.#post({ type: "refused", id, message, stack });
    } else this.#post({ type: "failed", id, message, stack: stackOf(error) });
  }
}

/** The JSON of a message. */
export function encode(message: FromGuest): string {
  try {
    const header = stringify(message);
    return message.type === "answer" && isTooLong(header) ? tooLong(message) : header;
  } catch {
    // The message is ours and plain: a prototype below it was changed.
    return '{"type":"exit","message":"made JSON unusable"}';
  }
}

/** A character takes up to three bytes. */
function isTooLong(header: string): boolean {
  return header.length * 3 > maxAnswerBytes && encoder.encode(header).byteLength > maxAnswerBytes;
}

function tooLong({ id }: AnswerMessage): string {
  const message = "Cannot use the analysis: as JSON it has more than " +
    `${maxAnswerBytes / 2 ** 20} MB`;
  return stringify({ type: "failed", id, message });
}

/** It cannot be called, only made. */
function isClass(value: object): boolean {
  return /^class\b/.test(textOf.call(value));
}

/** What the engine throws by itself. */
function isMistake(error: unknown): boolean {
  return error instanceof TypeError || error instanceof ReferenceError;
}
