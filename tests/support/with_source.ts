/** A source under test, with what it needs. */

import assert from "node:assert/strict";
import { getLogger } from "@logtape/logtape";
import { type SourceConfig, sourceConfig as completeConfig } from "../../src/source/settings.ts";
import type { PacketTap } from "../../src/frame/camera_packet.ts";
import type { PictureTap } from "../../src/frame/decoded_picture.ts";
import type { Frame, FrameFormat } from "../../src/frame/frame.ts";
import { SharedDecode } from "../../src/source/shared_decode.ts";
import { SourceError, type SourceFrame } from "../../src/source/source.ts";
import { ProcessGuard } from "../../src/process_guard.ts";

/** What a test says of its source; the rest is as usual. */
export interface TestSource extends Partial<SourceConfig> {
  readonly url: string;
  /** @default {small} */
  readonly format?: FrameFormat;
  readonly tap?: PacketTap;
  readonly pictures?: PictureTap;
  /** Whether frames lead to full-size pictures. @default {false} */
  readonly full?: boolean;
  readonly signal?: AbortSignal;
}

/** Small, grey, and still good for reading the number of a picture. */
export const small: FrameFormat = { width: 240, height: 160, pixelFormat: "gray", fit: "stretch" };

const { url: _url, ...defaults } = completeConfig({});

/** A source's settings as they are by default. */
export const sourceConfig: Omit<SourceConfig, "url"> = defaults;

/** The frames of a source, with a guard of their own. */
export async function* framesOf(source: TestSource): AsyncGenerator<SourceFrame, void, void> {
  const { format = small, tap, pictures, full, signal = new AbortController().signal, ...config } =
    source;
  await using guard = new ProcessGuard();
  await using decode = new SharedDecode({
    camera: "test",
    config: { ...sourceConfig, ...config },
    logger: getLogger(["test"]),
    tap,
    pictures,
    guard,
  });
  yield* decode.subscribe("test", full).open(format).frames(signal);
}

/** The first frames of a source, which is then left. */
export async function takeFrames(source: TestSource, count: number): Promise<Frame[]> {
  const frames: Frame[] = [];
  for await (const frame of framesOf(source)) {
    if (frames.push(frame) >= count) break;
  }
  return frames;
}

/** The error with which a source ends. */
export async function sourceFailure(
  source: TestSource,
  onFrame?: (frame: Frame) => unknown,
): Promise<SourceError> {
  try {
    for await (const frame of framesOf(source)) await onFrame?.(frame);
  } catch (error) {
    assert.ok(error instanceof SourceError, Deno.inspect(error));
    assert.notEqual(error.hint, "");
    return error;
  }
  throw new Error("the source ended without an error");
}
