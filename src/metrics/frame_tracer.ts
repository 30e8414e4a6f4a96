/** Traces sampled frames, and exports them as OpenTelemetry spans. */

import {
  type Attributes,
  ROOT_CONTEXT,
  SpanStatusCode,
  trace,
  type Tracer,
} from "@opentelemetry/api";
import type { FrameInfo } from "../frame/frame.ts";

/** What a frame goes through, in this order. */
export type FrameStep =
  | "decode"
  | "queue"
  | "preprocess"
  | "infer"
  | "order"
  | "postprocess"
  | "sink";

interface Trace {
  readonly frame: Pick<FrameInfo, "stream" | "sequence" | "capturedAtMs">;
  /** The wall clock and the steady clock at one moment: differences come from the steady one. */
  readonly wallMs: number;
  readonly steadyMs: number;
  readonly steps: { readonly step: FrameStep; readonly endMs: number }[];
}

/**
 * Follows a share of the frames of one stream. Of the others nothing is kept; of these, a few
 * numbers, of which spans are made when the frame has come to its end.
 */
export class FrameTracer {
  readonly #share: number;
  readonly #tracer: Tracer;
  /** By sequence number; frames that are under way. */
  readonly #traces = new Map<number, Trace>();

  /** `share`: of all frames, from 0 to 1. */
  constructor(share: number, tracer: Tracer = trace.getTracer("sightline")) {
    this.#share = share;
    this.#tracer = tracer;
  }

  /** Whether spans are exported: Deno does so when told to by `OTEL_DENO=true`. */
  get isHeard(): boolean {
    const span = this.#tracer.startSpan("start");
    const isHeard = span.isRecording();
    span.end();
    return isHeard;
  }

  /** A frame came out of the decoder; here it is decided whether it is followed. */
  begin({ stream, sequence, capturedAtMs }: FrameInfo): void {
    if (Math.random() >= this.#share) return;
    const frame = { stream, sequence, capturedAtMs };
    const wallMs = Date.now();
    const steps = [{ step: "decode", endMs: wallMs } as const];
    this.#traces.set(sequence, { frame, wallMs, steadyMs: performance.now(), steps });
  }

  /** The frame has this step behind it. */
  reached(sequence: number, step: FrameStep): void {
    const followed = this.#traces.get(sequence);
    if (followed !== undefined) followed.steps.push({ step, endMs: now(followed) });
  }

  /** The frame came to its end: as a record, or dropped for a reason. */
  ended(sequence: number, dropReason: string | null): void {
    const followed = this.#traces.get(sequence);
    if (followed === undefined) return;
    this.#traces.delete(sequence);
    this.#export(followed, dropReason);
  }

  #export(followed: Trace, dropReason: string | null): void {
    const { frame: { stream, sequence, capturedAtMs }, steps } = followed;
    const attributes: Attributes = {
      "sightline.stream": stream,
      "sightline.sequence": sequence,
      ...(dropReason !== null && { "sightline.drop_reason": dropReason }),
    };
    const options = { root: true, startTime: hrTime(capturedAtMs), attributes };
    const whole = this.#tracer.startSpan("frame", options);
    whole.addEvent("demux", hrTime(capturedAtMs));
    const context = trace.setSpan(ROOT_CONTEXT, whole);
    let startMs = capturedAtMs;
    for (const { step, endMs } of steps) {
      // The camera's clock may be ahead of ours by a moment.
      const end = Math.max(startMs, endMs);
      const span = this.#tracer.startSpan(
        step,
        { startTime: hrTime(startMs), attributes },
        context,
      );
      span.end(hrTime(end));
      startMs = end;
    }
    if (dropReason === "error") whole.setStatus({ code: SpanStatusCode.ERROR });
    whole.end(hrTime(Math.max(startMs, now(followed))));
  }
}

function now({ wallMs, steadyMs }: Trace): number {
  return wallMs + performance.now() - steadyMs;
}

/** Seconds and nanoseconds: as one number, a time so large keeps no fraction of a millisecond. */
function hrTime(ms: number): [number, number] {
  const seconds = Math.floor(ms / 1000);
  return [seconds, Math.round((ms - seconds * 1000) * 1e6)];
}
