/** The messages between a host and the guest that runs a plugin, over any transport. */

import type { Analysis } from "../../frame/analysis.ts";
import type { FrameInfo } from "../../frame/frame.ts";
import type { GraphStreamInfo, ModelMetadata } from "../../frame/model.ts";
import type { InputRequest } from "../use_case.ts";
import type { TensorHeader } from "./wire_tensors.ts";

/** A message on its way: JSON, and the bytes that would be a waste in JSON. */
export interface WireMessage {
  /** The JSON of a {@link ToGuest} or a {@link FromGuest}. */
  readonly header: string;
  /** The call that it answers; left out where it answers none. */
  readonly call?: number;
  readonly buffers: readonly Uint8Array<ArrayBuffer>[];
}

/** What is known of a message before it is read. */
export interface MessageHead {
  readonly headerBytes: number;
  readonly bufferBytes: number;
  /** As in {@link WireMessage}. */
  readonly call?: number;
}

/** The call that a guest's message answers, for its {@link WireMessage}. */
export function callOf(message: FromGuest): { readonly call?: number } {
  return "id" in message ? { call: message.id } : {};
}

/** What a host says. */
export type ToGuest = LoadMessage | CallMessage;

/** Whom a message is for. */
interface Addressed {
  /** The answer repeats it; no other message to the guest has it. */
  readonly id: number;
  /** The use case that is meant: a guest makes one for each stream. */
  readonly instance: number;
}

/** A call of one instance's method. */
export type CallMessage =
  & Addressed
  & (
    /** Buffer: the pixels. */
    | { readonly type: "preprocess"; readonly frame: FrameInfo }
    /** Buffers: those of the tensors. */
    | {
      readonly type: "postprocess";
      readonly frame: FrameInfo;
      readonly tensors: readonly TensorHeader[];
    }
    /** Buffer: the picture. */
    | {
      readonly type: "visualize";
      readonly width: number;
      readonly height: number;
      readonly analysis: Analysis;
    }
    | { readonly type: "session"; readonly stream: GraphStreamInfo }
    /** The last call of an instance. */
    | { readonly type: "dispose" }
  );

/** Asks for a use case: the factory is called, and what it returns becomes an instance. */
export interface LoadMessage extends Addressed {
  readonly type: "load";
  readonly options: unknown;
  readonly stream: string;
  readonly model: ModelMetadata;
  readonly binaryInput: boolean;
  /** Bytes of all tensors of one frame. */
  readonly mostTensorBytes: number;
  /** What it sends stays here. */
  readonly mutesFetch?: true;
}

/** What a guest says, as long as it is honest: the host believes none of it unchecked. */
export type FromGuest =
  /** The plugin's module ran; `problem` says what is wrong with its default export. */
  | { readonly type: "evaluated"; readonly problem: string | null; readonly stack?: string }
  | ReadyMessage
  /** The factory threw, or what it returned breaks the contract. */
  | {
    readonly type: "refused";
    readonly id: number;
    readonly message: string;
    readonly stack?: string;
  }
  | AnswerMessage
  | {
    readonly type: "failed";
    readonly id: number;
    readonly message: string;
    readonly stack?: string;
  }
  | LogMessage
  /** A Worker's memory, reported by itself: from outside it cannot be told from the rest of the process. */
  | { readonly type: "memory"; readonly usedMb: number }
  /** The plugin asked to end the process or Worker that it runs in. */
  | { readonly type: "exit"; readonly message: string };

/** Sends a message to the host. */
export type PostToHost = (
  message: FromGuest,
  buffers?: readonly Uint8Array<ArrayBuffer>[],
) => void;

/** A line for the log. */
export interface LogMessage {
  readonly type: "log";
  readonly level: LogLevel;
  readonly message: string;
  /** Lines of an error's stack, as the engine writes them. */
  readonly stack?: string;
  /** Which of the plugin's instances said it; null = it cannot be told. */
  readonly instance: number | null;
  /** So many errors that no call waited for are told of; left out for any other line. */
  readonly uncaught?: number;
}

/** The use case is made. */
export interface ReadyMessage {
  readonly type: "ready";
  readonly id: number;
  readonly input: InputRequest;
  readonly hasPreprocess: boolean;
  readonly hasVisualize: boolean;
  readonly hasSession: boolean;
  readonly outputs?: readonly string[];
}

/** The answer to a call. */
export interface AnswerMessage {
  readonly type: "answer";
  readonly id: number;
  /** Of `preprocess`: null to skip the frame. Buffers: those of the tensors. */
  readonly tensors?: readonly TensorHeader[] | null;
  /** Of `postprocess`. */
  readonly analysis?: unknown;
}

/** How much a line of a plugin matters. */
export type LogLevel = "debug" | "info" | "warning" | "error";

/** All levels, to check one against. */
export const logLevels: readonly LogLevel[] = ["debug", "info", "warning", "error"];
