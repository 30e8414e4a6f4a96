/** What a plugin uses up is measured by what it uses, not by what its machine or its process does. */

import assert from "node:assert/strict";
import { poll } from "../../tests/support/poll.ts";
import { procMissing } from "../../tests/support/processes.ts";
import { collectLog } from "../../tests/support/log_lines.ts";
import { isolations, smallFrame, withPlugin } from "../../tests/support/with_plugin.ts";
import { readThreadTimes } from "./hosts/thread_times.ts";

const clockMissing = procMissing || await readThreadTimes(Deno.pid, Deno.pid) === null;
const clockReason = clockMissing ? " (ignored: needs the scheduler's figures in /proc)" : "";

/** Keeps every core busy, each in a session of its own, as schedulers share out by these. */
function crowd(): Disposable {
  const children = Array.from(
    { length: 8 * navigator.hardwareConcurrency },
    () =>
      new Deno.Command("sh", {
        args: ["-c", "while :; do :; done"],
        stdin: "null",
        stdout: "null",
        stderr: "null",
        detached: true,
      }).spawn(),
  );
  for (const child of children) child.unref();
  return {
    [Symbol.dispose]() {
      for (const child of children) child.kill("SIGKILL");
    },
  };
}

Deno.test({
  name: `a call on a machine that is too busy is late, and no loop${clockReason}`,
  ignore: clockMissing,
  async fn() {
    using log = collectLog("plugin");
    const { logger, levelled: lines } = log;
    const timeoutMs = 400;
    await withPlugin(
      "process",
      `function work() {
         let sum = 0;
         for (let i = 0; i < 100_000; i++) sum += Math.sin(i);
         return sum;
       }
       // Less than half of what a call may compute.
       let rounds = 0;
       for (const end = performance.now() + 150; performance.now() < end; rounds++) work();
       export default () => ({
         postprocess() {
           for (let round = 0; round < rounds; round++) work();
           return {};
         },
       });`,
      async (open) => {
        const host = await open(undefined, { timeoutMs }, logger);
        using _crowd = crowd();
        await poll("a call is late and answered", async () => {
          const startedAtMs = performance.now();
          await host.postprocess({}, smallFrame());
          return performance.now() - startedAtMs > timeoutMs * 1.5;
        }, 60_000);
      },
    );
    assert.deepEqual(lines.filter((line) => !line.startsWith("info: ")), []);
  },
});

for (const isolation of isolations) {
  Deno.test({
    name: `${isolation} host: the log tells a loop from a wait${clockReason}`,
    ignore: clockMissing,
    async fn() {
      using log = collectLog("plugin");
      const { logger, levelled: lines } = log;
      await withPlugin(
        isolation,
        `export default () => ({
           postprocess: (_, { sequence }) => {
             if (sequence === 0) return new Promise(() => {});
             for (;;);
           },
         });`,
        async (open) => {
          const host = await open(undefined, { timeoutMs: 300 }, logger);
          const fails = async (sequence: number, words: RegExp) =>
            await assert.rejects(
              async () => await host.postprocess({}, smallFrame(sequence)),
              words,
            );
          await fails(0, /longer than 300 ms in postprocess\(\), waiting; its (process|Worker) is/);
          await poll("it is back", () => lines.join().includes("started again"), 20_000);
          await fails(
            1,
            /longer than 300 ms in postprocess\(\), computing; its (process|Worker) is/,
          );
        },
      );
    },
  });
}

Deno.test("worker host: its own memory ends a use case, and no other's does", async () => {
  using log = collectLog("plugin");
  const { logger, levelled: lines } = log;
  // As a model in this process would hold.
  const model = new Uint8Array(400 * 2 ** 20).fill(1);
  await withPlugin(
    "worker",
    `const kept = [];
     export default () => ({
       postprocess(_, { sequence }) {
         if (sequence > 0) kept.push(new Uint8Array(2 ** 26).fill(1));
         return {};
       },
     });`,
    async (open) => {
      const host = await open(undefined, { memoryMb: 256 }, logger);
      const ask = async (sequence: number) => {
        await host.postprocess({}, smallFrame(sequence));
        await new Promise((resolve) => setTimeout(resolve, 200));
      };
      // It tells once a second.
      for (let call = 0; call < 8; call++) await ask(0);
      assert.deepEqual(lines, []);
      await poll("it is ended", async () => {
        await ask(1).catch(() => {});
        return lines.length > 0;
      }, 20_000);
      assert.match(lines[0]!, /^error: Use case plugin used \d+ MB of memory, allowed is 256$/);
    },
  );
  assert.equal(model.at(-1), 1);
});
