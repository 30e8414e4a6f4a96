/** The host that runs a plugin in this very process, with all its rights. */

import { checkAnalysis } from "./check_analysis.ts";
import type { UseCaseHost, UseCaseRequest } from "./host.ts";
import { type InputPlan, planInput } from "./input_plan.ts";
import { loadUseCase, pluginName } from "./load.ts";
import { UseCaseError } from "./use_case_error.ts";
import type { UseCase, UseCaseContext } from "./use_case.ts";

/**
 * Loads a plugin and makes a use case for one stream.
 * @throws {UseCaseError} for a plugin that cannot be loaded, refuses its options, breaks the
 * contract, or cannot feed the model.
 */
export async function openInProcess(request: UseCaseRequest): Promise<UseCaseHost> {
  const { module, model } = request;
  const name = pluginName(module);
  const logger = request.logger.getChild(name);
  const factory = await loadUseCase(module);

  let plan: InputPlan | undefined;
  const context: UseCaseContext = {
    stream: request.stream,
    model,
    pack: (frame) => {
      if (!plan) throw new UseCaseError(`Cannot pack a frame: use case ${name} is not made yet`);
      return plan.pack(frame);
    },
    log: (level, message) => logger[level]("{message}", { message }),
  };
  let useCase: UseCase;
  try {
    useCase = await factory(request.options, context);
  } catch (cause) {
    const words = cause instanceof Error ? cause.message : String(cause);
    throw new UseCaseError(`Cannot make use case ${name}: ${words}`, { cause });
  }
  checkContract(name, useCase);
  const { format, pack } = plan = planFor(useCase, request);

  return {
    name,
    format,
    preprocess: useCase.preprocess ? (frame) => useCase.preprocess!(frame) : pack,
    postprocess: async (outputs, frame) =>
      checkAnalysis(name, await useCase.postprocess(outputs, frame)),
    ...(useCase.visualize && {
      visualize: (picture, analysis) => useCase.visualize?.(picture, analysis),
    }),
    [Symbol.asyncDispose]: async () => {
      await useCase.dispose?.();
    },
  };
}

/** A use case that prepares its tensors itself may feed what {@link planInput} cannot. */
function planFor(useCase: UseCase, { model, binaryInput }: UseCaseRequest): InputPlan {
  const input = useCase.input ?? {};
  try {
    return planInput(input, model, binaryInput);
  } catch (error) {
    if (!useCase.preprocess) throw error;
    const { width, height, channels = "bgr", fit = "stretch" } = input;
    return {
      format: {
        ...(width !== undefined && { width }),
        ...(height !== undefined && { height }),
        pixelFormat: channels === "gray" ? "gray" : `${channels}24`,
        fit,
      },
      pack: function refuseToPack() {
        throw error;
      },
    };
  }
}

function checkContract(name: string, useCase: unknown): asserts useCase is UseCase {
  if (typeof useCase !== "object" || useCase === null) {
    throw new UseCaseError(
      `Cannot use plugin ${name}: its factory returned ${
        useCase === null ? "null" : typeof useCase
      }, ` +
        `it must return an object with a postprocess method`,
    );
  }
  for (const method of ["postprocess", "preprocess", "visualize", "dispose"] as const) {
    const value = (useCase as Record<string, unknown>)[method];
    if (typeof value === "function" || (value === undefined && method !== "postprocess")) continue;
    throw new UseCaseError(
      `Cannot use plugin ${name}: ${method} is ${
        value === undefined ? "missing" : typeof value
      }, ` +
        `it must be a method`,
    );
  }
}
