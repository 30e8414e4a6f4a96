/** Says what the stand-in's tracker has counted, and which streams to it there were. */

import type { GraphStreamInfo, UseCaseFactory } from "../../src/mod.ts";

const graphUseCase: UseCaseFactory = () => {
  const streams: GraphStreamInfo[] = [];
  return {
    input: { width: 32, height: 16 },
    session(stream) {
      streams.push(stream);
    },
    postprocess({ seen, words }) {
      const [count] = seen!.data as BigInt64Array;
      const [text] = words!.data as readonly Uint8Array[];
      return {
        data: { seen: Number(count), words: new TextDecoder().decode(text), streams: [...streams] },
      };
    },
  };
};

export default graphUseCase;
