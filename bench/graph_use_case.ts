/** Takes whatever a graph says of a small picture: what the stream costs, and not the plugin. */

import type { UseCaseFactory } from "../src/mod.ts";

const graphUseCase: UseCaseFactory = () => ({
  input: { width: 320, height: 180 },
  session() {},
  postprocess: () => ({}),
});

export default graphUseCase;
