/** What the stand-in needs to know of a graph: what it takes, what it gives, and how it starts. */

import type { Tensor, Tensors } from "../../frame/tensor.ts";
import type { Servable } from "../servable.ts";

/** What a graph is told as it begins, by name. */
export type SidePackets = ReadonlyMap<string, string | number | boolean>;

/** Sends one packet of an output, at the timestamp of what is processed. */
export type Emit = (output: string, tensor: Tensor) => Promise<void>;

/** A graph at work, which remembers what it was shown. */
export interface GraphRun {
  /** Called once a timestamp, in their order, with all inputs. @throws {ServerError} ends the graph */
  process(inputs: Tensors, emit: Emit): Promise<void>;
}

/** A kind of graph. */
export interface GraphKind {
  readonly name: string;
  /** A few words for the help. */
  readonly about: string;
  /** `IMAGE`: a picture, height × width × channels; else any tensor. */
  inputs(servable: Servable): readonly { readonly name: string; readonly type: "IMAGE" | "ANY" }[];
  outputs(servable: Servable): readonly string[];
  start(servable: Servable, sidePackets: SidePackets): GraphRun;
}

/** The highest timestamp that packets may have: MediaPipe keeps a few for itself. */
export const lastTimestamp = 2n ** 63n - 4n;
