/** Streams with the same plugin share a guest. */

import assert from "node:assert/strict";
import { poll } from "../../tests/support/poll.ts";
import { collectLog } from "../../tests/support/log_lines.ts";
import { isolations, openPool, smallFrame } from "../../tests/support/with_plugin.ts";

/** Counts its instances, and keeps what it was given. */
const counting = `
  let instances = 0;
  export default (options, { stream }) => {
    const number = ++instances;
    return { postprocess: () => ({ data: { number, stream, options } }) };
  };`;

for (const isolation of isolations) {
  Deno.test(`${isolation} pool: streams with the same plugin share a guest, each with its own instance`, async () => {
    await using pool = await openPool(isolation, counting);
    const a = await pool.open({ stream: "a", options: 1 });
    const b = await pool.open({ stream: "b", options: 2 });
    const answers = [await a.postprocess({}, smallFrame()), await b.postprocess({}, smallFrame())];
    assert.deepEqual(answers, [
      { data: { number: 1, stream: "a", options: 1 } },
      { data: { number: 2, stream: "b", options: 2 } },
    ]);
    assert.equal(pool.guests, isolation === "process" ? 1 : 0);
    // One that leaves takes its instance only.
    await a[Symbol.asyncDispose]();
    assert.deepEqual(await b.postprocess({}, smallFrame()), {
      data: { number: 2, stream: "b", options: 2 },
    });
    const c = await pool.open({ stream: "c" });
    assert.equal(
      (await c.postprocess({}, smallFrame()) as { data: { number: number } }).data.number,
      3,
    );
  });

  Deno.test(`${isolation} pool: a plugin that was saved begins in a guest of its own, beside the former`, async () => {
    await using pool = await openPool(
      isolation,
      `export default () => ({ postprocess: () => ({ data: "old" }) });`,
    );
    const old = await pool.open({ stream: "a" });
    await pool.save(`export default () => ({ postprocess: () => ({ data: "new" }) });`);
    const fresh = [await pool.open({ stream: "a" }), await pool.open({ stream: "b" })];
    assert.equal(pool.guests, isolation === "process" ? 2 : 0);
    assert.deepEqual(await old.postprocess({}, smallFrame()), { data: "old" });
    for (const host of fresh) {
      assert.deepEqual(await host.postprocess({}, smallFrame()), { data: "new" });
    }
    await old[Symbol.asyncDispose]();
    assert.equal(pool.guests, isolation === "process" ? 1 : 0);
  });

  Deno.test(`${isolation} pool: what differs in permissions, or asks for it, has a guest of its own`, async () => {
    await using pool = await openPool(isolation, counting);
    const others = [
      await pool.open({ stream: "a" }),
      await pool.open({ stream: "b", config: { granted: { env: ["HOME"] } } }),
      await pool.open({ stream: "c", config: { sharing: "stream" } }),
      await pool.open({ stream: "d", config: { sharing: "stream" } }),
    ];
    for (const host of others) {
      const { data } = await host.postprocess({}, smallFrame());
      assert.equal((data as { number: number }).number, 1);
    }
    assert.equal(pool.guests, isolation === "process" ? others.length : 0);
  });

  Deno.test(`${isolation} pool: a call that hangs costs the streams that share the guest one restart`, async () => {
    using log = collectLog("plugin");
    const { logger, levelled: lines } = log;
    await using pool = await openPool(
      isolation,
      `export default (_, { stream }) => ({
         postprocess(_, frame) {
           if (stream === "a" && frame.sequence === 1) for (;;);
           return { data: stream };
         },
       });`,
      logger,
    );
    const a = await pool.open({ stream: "a", logger, config: { timeoutMs: 300 } });
    const b = await pool.open({ stream: "b", logger, config: { timeoutMs: 300 } });
    assert.deepEqual(await a.postprocess({}, smallFrame()), { data: "a" });
    const hangs = assert.rejects(
      async () => await a.postprocess({}, smallFrame(1)),
      /longer than 300 ms in postproc/,
    );
    // Behind it, and lost with it.
    await assert.rejects(
      async () => await b.postprocess({}, smallFrame(1)),
      /it worked for a; 2 streams share it/,
    );
    await hangs;
    for (const [host, stream] of [[a, "a"], [b, "b"]] as const) {
      await poll("it started again", async () => {
        try {
          return (await host.postprocess({}, smallFrame(2))).data === stream;
        } catch {
          return false;
        }
      }, 20_000);
    }
    assert.equal(lines.filter((line) => line.startsWith("error: ")).length, 1, lines.join("\n"));
    assert.equal(lines.filter((line) => line.includes("started again")).length, 1);
  });

  Deno.test(`${isolation} pool: lines go to the stream whose call printed them`, async () => {
    using plugin = collectLog("plugin");
    using logA = collectLog("a");
    using logB = collectLog("b");
    const logs = { plugin, a: logA, b: logB };
    await using pool = await openPool(
      isolation,
      `console.log("module");
       export default (_, { stream, log }) => {
         log("info", "made " + stream);
         return {
           async postprocess() {
             console.log("at once " + stream);
             await new Promise((resolve) => setTimeout(resolve, 20));
             console.log("later " + stream);
             return {};
           },
         };
       };`,
      logs.plugin.logger,
    );
    const [a, b] = [
      await pool.open({ stream: "a", logger: logs.a.logger }),
      await pool.open({ stream: "b", logger: logs.b.logger }),
    ];
    await Promise.all([a, b].map((host) => host.postprocess({}, smallFrame())));
    const said = (stream: string) =>
      [`made ${stream}`, `at once ${stream}`, `later ${stream}`].map((words) => `info: ${words}`);
    assert.deepEqual(logs.a.levelled, said("a"));
    assert.deepEqual(logs.b.levelled, said("b"));
    assert.deepEqual(logs.plugin.levelled, ["info: module"]);
  });
}

Deno.test("pool: a factory that ends the process fails its own stream, and the others go on", async () => {
  await using pool = await openPool(
    "process",
    `export default ({ heap }) => {
       for (const kept = []; heap;) kept.push(new Uint8Array(2 ** 24).fill(1));
       return { postprocess: () => ({ data: "well" }) };
     };`,
  );
  const config = { memoryMb: 256 };
  const good = await pool.open({ stream: "good", config, options: {} });
  await assert.rejects(
    pool.open({ stream: "bad", config, options: { heap: true } }),
    /used \d+ MB of memory, allowed is 256/,
  );
  await poll("the good one is back", async () => {
    try {
      return (await good.postprocess({}, smallFrame())).data === "well";
    } catch {
      return false;
    }
  }, 20_000);
});

Deno.test("pool: a stream without a plugin that can be loaded leaves no process behind", async () => {
  await using pool = await openPool("process", `throw new Error("at load");`);
  const opened = ["a", "b"].map((stream) => pool.open({ stream }));
  for (const open of opened) await assert.rejects(open, /Cannot load plugin plugin: .*at load/);
  assert.equal(pool.guests, 0);
});
