/** Does next to nothing, so that a benchmark measures the way to a plugin and back. */

import type { UseCaseFactory } from "../../src/mod.ts";

/** With `preprocess` it takes each frame and gives it back. */
const useCase: UseCaseFactory<{ preprocess: boolean }> = ({ preprocess }, { pack }) => ({
  ...(preprocess && { preprocess: (frame) => pack(frame) }),
  postprocess: (outputs) => ({ data: outputs["boxes"]!.data.length }),
});

export default useCase;
