/** Times the calls into a plugin under test, and names the frame on which one failed. */

import type { FrameInfo } from "../frame/frame.ts";
import type { MaybePromise } from "../use_case/use_case.ts";
import { UseCaseError } from "../use_case/use_case_error.ts";

/** A method of the plugin threw, or returned what the contract does not allow. */
export class PluginCallError extends Error {
  override readonly name = "PluginCallError";
  constructor(readonly sequence: number, cause: unknown) {
    super(cause instanceof Error ? cause.message : String(cause), { cause });
  }

  /** Places in the plugin's source, innermost first. */
  get trace(): readonly string[] {
    return this.cause instanceof UseCaseError ? this.cause.trace : [];
  }
}

/** Makes the calls of one trial. */
export class PluginCalls {
  #totalMs = 0;

  /** Milliseconds spent in calls so far, the way into the plugin's confinement included. */
  get totalMs(): number {
    return this.#totalMs;
  }

  /**
   * Calls a method for a frame.
   * @throws {PluginCallError}
   */
  async call<Result>(frame: FrameInfo, method: () => MaybePromise<Result>): Promise<Result> {
    const startedAtMs = performance.now();
    try {
      return await method();
    } catch (error) {
      throw new PluginCallError(frame.sequence, error);
    } finally {
      this.#totalMs += performance.now() - startedAtMs;
    }
  }
}
