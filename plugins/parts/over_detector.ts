/** A use case that wraps a detector, and adds to what it finds. */

import type {
  Analysis,
  FrameInfo,
  MaybePromise,
  UseCase,
  UseCaseContext,
  UseCaseFactory,
} from "../../src/mod.ts";

/** Any plugin: it checks its options itself, whatever they are. */
export type AnyFactory = UseCaseFactory<never>;

/** Adds to what the inner use case found in a frame. */
export type Change = (analysis: Analysis, frame: FrameInfo) => MaybePromise<Analysis>;

/** Makes the inner use case, and changes its analyses. All else is the inner one's own. */
export async function overDetector(
  factory: AnyFactory,
  options: unknown,
  context: UseCaseContext,
  change: Change,
): Promise<UseCase> {
  const inner = await factory(options as never, context);
  return {
    ...rest(inner),
    postprocess: async function postprocessOver(outputs, frame) {
      return await change(await inner.postprocess(outputs, frame), frame);
    },
  };
}

/** All of a use case but `postprocess`, its methods still its own. */
export function rest(inner: UseCase): Omit<UseCase, "postprocess"> {
  return {
    ...(inner.input && { input: inner.input }),
    ...(inner.outputs && { outputs: inner.outputs }),
    ...(inner.session && { session: (stream) => inner.session!(stream) }),
    ...(inner.preprocess && { preprocess: (frame) => inner.preprocess!(frame) }),
    ...(inner.visualize &&
      { visualize: (picture, analysis) => inner.visualize!(picture, analysis) }),
    ...(inner.dispose && { dispose: () => inner.dispose!() }),
  };
}
