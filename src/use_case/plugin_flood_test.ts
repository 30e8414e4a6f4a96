/** What a plugin sends past its guest, in the guest's own words, ends the guest and holds up no other. */

import assert from "node:assert/strict";
import { isolations, smallFrame, withPlugin } from "../../tests/support/with_plugin.ts";

/** Writes messages as the guest does. */
const speaking = `
  function frame(header, { call = -1, bytes = 0 } = {}) {
    const json = new TextEncoder().encode(header);
    const numbers = [json.length, bytes ? 1 : 0, bytes, 0, call + 1, ...(bytes ? [bytes] : [])];
    const whole = new Uint8Array(numbers.length * 4 + json.length);
    new Uint32Array(whole.buffer, 0, numbers.length).set(numbers);
    whole.set(json, numbers.length * 4);
    return whole;
  }
  function send(whole) {
    for (let at = 0; at < whole.length;) at += Deno.stdout.writeSync(whole.subarray(at));
  }
  const large = frame('{"type":"memory","usedMb":1,"x":[' + "[],".repeat(5_000_000) + "0]}");
  const small = frame('{"type":"memory","usedMb":1}');
`;

/** What the plugin does, and what is said of it. */
const floods: readonly (readonly [what: string, code: string, breach: RegExp])[] = [
  ["large messages", "for (;;) send(large);", /it sent 15\d{6} bytes that answer no call, allowed/],
  ["small messages", "for (;;) send(small);", /it sent 2001 messages within a second/],
  [
    "an answer that was not asked",
    `send(frame('{"type":"answer","id":9}', { call: 9 })); for (;;);`,
    /it answered call 9, which was not asked/,
  ],
  [
    "a message that only says that it is an answer",
    `send(frame('{"type":"memory","usedMb":1}', { call: id })); for (;;);`,
    /the message answers another call than it says/,
  ],
  [
    "an answer of many values",
    `send(frame('{"type":"answer","id":1,"x":[' + "[],".repeat(2_000_000) + "0]}", { call: id }));
     for (;;);`,
    /it answered \w+(\(\))? with 6\d{6} bytes of JSON, allowed are up to 4194304/,
  ],
  [
    "more bytes than the answer may have",
    `send(frame('{"type":"answer","id":1}', { call: id, bytes: 100 })); for (;;);`,
    /it answered \w+(\(\))? with 100 bytes, allowed are up to 0/,
  ],
];

for (const [what, code, breach] of floods) {
  Deno.test(`process host: ${what} end the guest within a call`, async () => {
    const calling = `${speaking}
      const id = 1;
      export default () => ({ postprocess() { ${code} } });`;
    await withPlugin("process", calling, async (open) => {
      const host = await open();
      await assert.rejects(
        async () => await host.postprocess({}, smallFrame()),
        (error: Error) => {
          assert.match(error.message, /^Use case plugin broke the protocol: /);
          assert.match(error.message, breach);
          return true;
        },
      );
    });
  });
}

for (const isolation of isolations) {
  Deno.test(`${isolation} host: an analysis that is too long fails its frame, and says why`, async () => {
    await withPlugin(
      isolation,
      `const points = Array.from({ length: 10_000 }, () => [1 / 3, 1 / 7]);
       const annotations = Array.from({ length: 20 }, () => ({ kind: "polyline", points }));
       export default () => ({
         postprocess: (_, { sequence }) => sequence === 1 ? { annotations } : { data: "alive" },
       });`,
      async (open) => {
        const host = await open();
        await assert.rejects(async () => await host.postprocess({}, smallFrame(1)), {
          name: "UseCaseError",
          message: "Cannot use the analysis: as JSON it has more than 4 MB",
        });
        assert.deepEqual(await host.postprocess({}, smallFrame()), { data: "alive" });
      },
    );
  });
}

for (const [what, code, breach] of floods.slice(0, 3)) {
  Deno.test(`process host: ${what} end the guest while its module runs`, async () => {
    await withPlugin("process", `${speaking} ${code}`, async (open) => {
      await assert.rejects(() => open(), (error: Error) => {
        assert.match(error.message, /^Cannot load plugin plugin: it broke the protocol: /);
        assert.match(error.message, breach);
        return true;
      });
    });
  });
}

for (const isolation of isolations) {
  Deno.test(`${isolation} host: tensors that are too large fail their frame, and say why`, async () => {
    await withPlugin(
      isolation,
      `export default () => ({
         preprocess({ sequence }) {
           const data = new Uint8Array(2 ** 25 + sequence);
           return { x: { datatype: "UINT8", shape: [data.length], data } };
         },
         postprocess: () => ({ data: "alive" }),
       });`,
      async (open) => {
        const host = await open(undefined, { memoryMb: 128 });
        await assert.rejects(async () => await host.preprocess(smallFrame(1)), {
          name: "UseCaseError",
          message: "Cannot use the tensors of a frame: they have 33554433 bytes or more, allowed " +
            "are up to 33554432 (64 MB, or a quarter of plugin_memory_mb)",
        });
        assert.deepEqual(await host.postprocess({}, smallFrame()), { data: "alive" });
      },
    );
  });
}
