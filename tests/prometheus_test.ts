/** Dashboard and alerts against a real Prometheus that scrapes a real Sightline. */

import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { dashboardQueries } from "./support/dashboard.ts";
import { poll } from "./support/poll.ts";
import { demoGraph, demoModel, withApp } from "./support/with_app.ts";
import { withModelServer } from "./support/with_model_server.ts";
import { prometheusMissing, prometheusReason, withPrometheus } from "./support/with_prometheus.ts";

interface Answer {
  readonly result: readonly unknown[];
}

interface Rules {
  readonly groups: readonly { readonly rules: readonly Rule[] }[];
}

interface Rule {
  readonly name: string;
  readonly health: "ok" | "err" | "unknown";
  readonly state: "inactive" | "pending" | "firing";
  readonly lastError?: string;
}

/** What nobody has when all is well. */
const emptyWhenWell = ["Not live"];

Deno.test(
  `Prometheus has an answer for every panel, and no alert of a healthy Sightline${prometheusReason}`,
  {
    ignore: prometheusMissing || Deno.build.os !== "linux",
  },
  async () => {
    const secondary = { no_model: true, use_case: "plugins/motion.ts" };
    const sink = ["jsonl:/dev/null", "jsonl+events:/dev/null"];
    const output = ["rtsp://127.0.0.1:9/door"];
    const door = { isolation: "process", secondary, sink, output };
    const modelPath = fileURLToPath(new URL("../demo/person_vehicle_bike.onnx", import.meta.url));
    await using server = await withModelServer({ modelPath, flags: ["--graphs"] });
    await withApp({ door, yard: demoModel, hall: demoGraph(server) }, async ({ port }) => {
      await withPrometheus(`127.0.0.1:${port}`, async (ask) => {
        const queries = await dashboardQueries("5s");
        assert.ok(queries.length > 30);
        let empty = queries.filter(({ panel }) => !emptyWhenWell.includes(panel));
        await poll("every panel has something to draw", async () => {
          const answers = await Promise.all(
            empty.map(({ expr }) => ask("query", { query: expr }) as Promise<Answer>),
          );
          empty = empty.filter((_, index) => answers[index]!.result.length === 0);
          return empty.length === 0;
        }, 20_000).catch((cause) => {
          throw new Error(`Nothing to draw for ${Deno.inspect(empty)}`, { cause });
        });
        assert.deepEqual(await ask("label/stream/values"), ["door", "hall", "yard"]);

        let rules: readonly Rule[] = [];
        await poll("every alert was looked at", async () => {
          rules = (await ask("rules") as Rules).groups.flatMap(({ rules }) => rules);
          return rules.every(({ health }) => health !== "unknown");
        }, 20_000);
        assert.ok(rules.length > 5);
        for (const { name, health, state, lastError } of rules) {
          assert.equal(health, "ok", `${name}: ${lastError}`);
          assert.notEqual(state, "firing", name);
        }
      });
    });
  },
);

Deno.test(`Prometheus sees a stream that is away${prometheusReason}`, {
  ignore: prometheusMissing,
}, async () => {
  const away = { stream_url: "rtsp://127.0.0.1:1/away" };
  await withApp({ away }, async ({ port }) => {
    await withPrometheus(`127.0.0.1:${port}`, async (ask) => {
      await poll("the alert waits for its two minutes", async () => {
        const { groups } = await ask("rules") as Rules;
        const rule = groups.flatMap(({ rules }) => rules)
          .find(({ name }) => name === "SightlineStreamNotLive");
        return rule?.state === "pending";
      }, 20_000);
    });
  });
});
