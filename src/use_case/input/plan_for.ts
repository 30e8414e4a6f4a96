/** The input plan of a use case, which may do without one. */

import type { ModelMetadata } from "../../frame/model.ts";
import { type InputPlan, planInput } from "./input_plan.ts";
import type { InputRequest } from "../use_case.ts";

/** A use case that prepares its tensors itself may feed what {@link planInput} cannot. */
export function planFor(
  input: InputRequest,
  hasPreprocess: boolean,
  model: ModelMetadata,
  binaryInput: boolean,
): InputPlan {
  try {
    return planInput(input, model, binaryInput);
  } catch (error) {
    if (!hasPreprocess) throw error;
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
