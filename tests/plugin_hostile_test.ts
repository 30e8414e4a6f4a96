/** Plugins that mean harm, one by one, over both hosts; the table is in docs/security.md. */

import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import type { UseCaseHost } from "../src/use_case/host.ts";
import { results } from "./hostile/results.js";
import { poll } from "./support/poll.ts";
import { collectLog } from "./support/log_lines.ts";
import { isolations, smallFrame, withPlugin, withPluginFile } from "./support/with_plugin.ts";

const path = (name: string) => fileURLToPath(new URL(`hostile/${name}.js`, import.meta.url));

/** One frame through the use case. */
async function frame(host: UseCaseHost, sequence: number): Promise<unknown> {
  const { data: _pixels, ...info } = smallFrame(sequence);
  return (await host.postprocess({}, info)).data;
}

/** What the log says of it. */
const loud: Readonly<Record<string, RegExp>> = {
  exit: /asked to end/,
  nodeExit: /asked to end/,
  close: /asked to end/,
  laterThrow: /thrown in a timer/,
  rejection: /nobody looks at me/,
  flood: /more lines were left out|flood/,
};

/** The use case of another stream, and what it is asked while the hostile one does its worst. */
async function besideVictim(attack: () => Promise<void>): Promise<void> {
  await withPlugin(
    "worker",
    `export default () => ({ postprocess: (_, frame) => ({ data: frame.sequence }) });`,
    async (open) => {
      const victim = await open();
      const over = new AbortController();
      const frames = (async () => {
        let sequence = 0;
        while (!over.signal.aborted || sequence < 10) {
          assert.equal(await frame(victim, sequence), sequence);
          sequence++;
          await new Promise((resolve) => setTimeout(resolve, 40));
        }
      })();
      try {
        await attack();
      } finally {
        over.abort();
        await frames;
      }
    },
  );
}

for (const isolation of isolations) {
  Deno.test(`hostile, ${isolation}: what no record can hold costs its frame`, async (t) => {
    await withPluginFile(isolation, path("results"), async (open) => {
      for (const result of Object.keys(results)) {
        await t.step(result, async () => {
          const host = await open({ result }, { timeoutMs: 5000 });
          const outcome = await frame(host, 0).then(String, (error: Error) => error.message);
          // Longer than any line of ours, so that no answer of a plugin fills a log.
          assert(outcome.length < 2200, `${outcome.length} characters`);
          assert.doesNotMatch(outcome, /\n/);
          if (result !== "pollute") assert.match(outcome, /Cannot use|threw|caught|first|xxx/);
          assert.equal(({} as { polluted?: unknown }).polluted, undefined);
          assert.equal(await frame(host, 1), "fine");
        });
      }
    });
  });

  Deno.test(`hostile, ${isolation}: who speaks past the guest is heard by nobody`, async (t) => {
    const ways = ["postMessage", "prototypePostMessage", "stringify", "toJson", "listen"];
    await withPluginFile(isolation, path("forge"), async (open) => {
      for (const way of [...ways, "dispatch", "garbage", "broadcast"]) {
        await t.step(way, async () => {
          const host = await open({ way });
          const outcomes = [];
          for (let sequence = 0; sequence < 4; sequence++) {
            outcomes.push(await frame(host, sequence).catch((error: Error) => error.message));
          }
          // Its own frames it may spoil, but no answer is another's or of another kind.
          for (const [sequence, outcome] of outcomes.entries()) {
            if (outcome !== sequence) {
              assert.match(String(outcome), /Use case|Cannot|took|protocol/);
            }
          }
        });
      }
    });
  });

  for (const method of ["preprocess", "postprocess", "visualize", "dispose"]) {
    Deno.test(`hostile, ${isolation}: a promise that never settles in ${method}`, () =>
      besideVictim(() => attackWith(isolation, method, "never", /took longer than 300 ms in /)));
  }

  for (const way of ["exit", "nodeExit", "close", "stack", "rejection", "laterThrow", "flood"]) {
    Deno.test(`hostile, ${isolation}: ${way} costs a frame at most`, () =>
      besideVictim(async () => {
        using log = collectLog("plugin");
        const { logger, levelled: lines } = log;
        const startedAtMs = performance.now();
        await withPluginFile(isolation, path("exhaust"), async (open) => {
          const host = await open({ way, method: "postprocess" }, { timeoutMs: 1000 }, logger);
          assert.equal(await frame(host, 2), 2);
          await frame(host, 3).catch(() => {});
          await poll(
            "it answers again",
            () => frame(host, 4).then((data) => data === 4, () => false),
            10_000,
          );
          const said = loud[way];
          if (said) await poll("it is said", () => said.test(lines.join("\n")), 5000);
        });
        // A flood is cut to the first lines of each second.
        const most = 60 + 20 * (performance.now() - startedAtMs) / 1000;
        assert(lines.length < most, `${lines.length} lines`);
      }));
  }
}

for (const method of ["preprocess", "postprocess", "visualize", "dispose"]) {
  Deno.test(`hostile, process: an endless loop in ${method}`, () =>
    besideVictim(() => attackWith("process", method, "spin", /took longer than 300 ms in /)));
}

Deno.test("hostile, process: an endless loop in the factory and in the module", async () => {
  await besideVictim(async () => {
    await withPlugin("process", "for (;;);", async (open) => {
      await assert.rejects(open(), /took longer than 15000 ms to be loaded/);
    });
  });
});

for (const way of ["heap", "buffers"]) {
  Deno.test(`hostile, process: memory without end (${way})`, () =>
    besideVictim(() =>
      attackWith("process", "postprocess", way, /memory|SIGTRAP|SIGABRT|SIGILL|code 133/i, 20_000)
    ));
}

/** Has the third frame do harm, and waits until the use case answers again. */
async function attackWith(
  isolation: "worker" | "process",
  method: string,
  way: string,
  named: RegExp,
  timeoutMs = 300,
): Promise<void> {
  using log = collectLog("plugin");
  const { logger, levelled: lines } = log;
  await withPluginFile(isolation, path("exhaust"), async (open) => {
    const config = { timeoutMs, memoryMb: 256 };
    const host = await open({ way, method }, config, logger);
    const picture = { width: 1, height: 1, data: new Uint8Array(4) };
    if (method === "dispose") return await host[Symbol.asyncDispose]();
    await assert.rejects(async () => {
      if (method === "preprocess") await host.preprocess(smallFrame(3));
      else if (method === "visualize") await host.visualize?.(picture, {});
      else await frame(host, 3);
    }, named);
    await poll(
      "it answers again",
      () => frame(host, 4).then((data) => data === 4, () => false),
      20_000,
    );
    assert.match(lines.join("\n"), /It started again after \d+ ms/);
  });
  assert.match(lines.join("\n"), named);
}
