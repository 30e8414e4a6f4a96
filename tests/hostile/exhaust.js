/** Takes time, memory or the whole process; `options` says what, and in which method. */

const ways = {
  spin() {
    for (;;);
  },
  never: () => new Promise(() => {}),
  heap() {
    const kept = [];
    for (;;) kept.push(new Array(10_000).fill(kept.length));
  },
  buffers() {
    const kept = [];
    for (;;) kept.push(new Uint8Array(16_000_000).fill(1));
  },
  stack: () => ways.stack(),
  exit: () => Deno.exit(0),
  nodeExit: () => globalThis.process.exit(0),
  close: () => globalThis.close(),
  rejection: () => void Promise.reject(new Error("nobody looks at me")),
  laterThrow() {
    setTimeout(() => {
      throw new Error("thrown in a timer");
    });
  },
  flood() {
    // deno-lint-ignore no-console
    for (let line = 0; line < 100_000; line++) console.log("flood", line);
  },
};

if (globalThis.name === "at load") ways.spin();

export default ({ way, method, onSequence = 3 }, { pack }) => {
  const attack = (name, sequence) => {
    if (name === method && sequence === onSequence) return ways[way]();
  };
  attack("factory", onSequence);
  return {
    preprocess: async (frame) => {
      await attack("preprocess", frame.sequence);
      return pack(frame);
    },
    postprocess: async (_outputs, frame) => {
      await attack("postprocess", frame.sequence);
      return { data: frame.sequence };
    },
    visualize: () => attack("visualize", onSequence),
    dispose: () => attack("dispose", onSequence),
  };
};
