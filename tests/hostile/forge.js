/** Speaks to the host past the guest; `options` says how. */

const forged = { type: "answer", id: 0, analysis: { data: "forged" } };
const message = { header: JSON.stringify(forged), buffers: [] };

const ways = {
  postMessage: () => globalThis.postMessage(message),
  prototypePostMessage: () =>
    Object.getPrototypeOf(Object.getPrototypeOf(globalThis)).postMessage.call(globalThis, message),
  stringify() {
    JSON.stringify = () => JSON.stringify({ ...forged, id: 99 });
  },
  toJson() {
    Object.prototype.toJSON = () => forged;
  },
  listen() {
    globalThis.addEventListener("message", (event) => event.stopImmediatePropagation());
    globalThis.onmessage = () => {};
  },
  dispatch() {
    globalThis.dispatchEvent(
      new MessageEvent("message", { data: { header: '{"type":"dispose","id":7}', buffers: [] } }),
    );
  },
  garbage: () =>
    Deno.stdout.writeSync(new TextEncoder().encode("not a message, but as long as one\n")),
  broadcast: () => new BroadcastChannel("sightline").postMessage(message),
};

export default ({ way }) => {
  const attack = () => {
    try {
      ways[way]();
    } catch {
      // Refused, which is as good as harmless.
    }
  };
  return {
    postprocess(_outputs, frame) {
      if (frame.sequence === 1) attack();
      return { data: frame.sequence };
    },
  };
};
