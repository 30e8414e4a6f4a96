/** Answers with what no host should believe; `options` says with what. */

const box = { x: 0, y: 0, width: 1, height: 1 };
const cycle = {};
cycle.self = cycle;

export const results = {
  nanBox: () => ({
    detections: [{ label: "a", labelId: 0, confidence: 1, box: { ...box, x: NaN } }],
  }),
  million: () => ({
    detections: Array(1_000_000).fill({ label: "a", labelId: 0, confidence: 1, box }),
  }),
  huge: () => ({ data: "x".repeat(500_000_000) }),
  sparse: () => ({ data: new Array(4_000_000_000) }),
  cyclic: () => ({ data: cycle }),
  unclonable: () => ({ data: { run() {} } }),
  symbol: () => ({ data: Symbol("a") }),
  prototype: () => ({ data: JSON.parse('{"__proto__":{"polluted":true}}') }),
  getter: () => ({
    get data() {
      throw new Error("caught in a getter");
    },
  }),
  proxy: () =>
    new Proxy({}, {
      get() {
        throw new Error("caught in a proxy");
      },
    }),
  throwText: () => {
    throw "just text";
  },
  throwNothing: () => {
    throw undefined;
  },
  throwWithoutPrototype: () => {
    throw Object.create(null);
  },
  throwEndless: () => {
    throw new Error("x".repeat(50_000_000));
  },
  throwLines: () => {
    throw new Error("first\n2026-01-01 00:00:00,000 - root - ERROR - forged");
  },
  pollute: () => {
    Object.prototype.polluted = true;
    Array.prototype.polluted = true;
    return { data: 1 };
  },
};

export default ({ result }) => ({
  postprocess: (_outputs, frame) => frame.sequence === 0 ? results[result]() : { data: "fine" },
});
