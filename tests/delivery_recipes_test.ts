/** What docs/delivery.md has people write holds: its SQL runs, its configurations are right. */

import { deepEqual, equal } from "node:assert/strict";
import pg from "pg";
import { loadConfig } from "../src/config/file/load_config.ts";
import type { EventDraft } from "../src/events/event.ts";
import { reasonWithout, startPostgres } from "./support/with_brokers.ts";
import { withDelivery } from "./support/with_delivery.ts";
import { withFiles } from "./support/with_files.ts";

const page = await Deno.readTextFile(new URL("../docs/delivery.md", import.meta.url));

/** Blocks of code in a language. */
function blocks(language: string): string[] {
  return [...page.matchAll(new RegExp("^```" + language + "\\n([^]*?)^```", "gm"))]
    .map(([, code]) => code!);
}

/** What Grafana makes of its macros. */
function withoutMacros(sql: string): string {
  return sql.replaceAll("$__timeFilter(at)", "at > now() - interval '1 day'")
    .replaceAll("$__timeGroupAlias(at, '1h')", "date_trunc('hour', at) AS \"time\"");
}

const reason = await reasonWithout("postgres", "initdb");
const object = {
  id: 1,
  label: "person",
  confidence: 0.9,
  box: { x: 0.1, y: 0.2, width: 0.2, height: 0.4 },
};

Deno.test({
  name: `the queries for Grafana's panels say what happened${reason}`,
  ignore: reason !== "",
  async fn() {
    await using broker = await startPostgres();
    const url = `postgres://sightline@127.0.0.1:${broker.port}/postgres`;
    const panels = blocks("sql");
    equal(panels.length, 4);
    await withDelivery(url, async ({ tell, drained }) => {
      const about: Partial<EventDraft> = { stream: "a", object };
      const inZone = { ...about, zone: "door" };
      const stay = { opens: { key: "z", endsAs: "zone_left" } };
      await tell(1, {
        ...about,
        type: "object_started",
        opens: { key: "o", endsAs: "object_ended" },
      });
      await tell(1, { ...inZone, type: "zone_entered", ...stay });
      await tell(1, { ...inZone, type: "zone_left", closes: { key: "z" } });
      await tell(1, { ...inZone, type: "zone_entered", ...stay });
      await tell(1, { ...about, type: "object_ended", closes: { key: "o" } });
      await drained();
      const client = new pg.Client({
        host: broker.folder,
        port: broker.port,
        user: "sightline",
        database: "postgres",
      });
      await client.connect();
      try {
        const rows: Record<string, unknown>[][] = [];
        for (const sql of panels) rows.push((await client.query(withoutMacros(sql))).rows);
        const [perHour, inZones, stays, latest] = rows;
        const counts = perHour!.map(({ metric, value }) => [String(metric), value]);
        deepEqual(Object.fromEntries(counts), {
          ...{ object_ended: "1", object_started: "1", zone_entered: "2", zone_left: "1" },
        });
        deepEqual(inZones, [{ stream: "a", zone: "door", inside: "1" }]);
        deepEqual(stays!.map(({ label, objects }) => [label, objects]), [["person", "1"]]);
        equal(latest!.length, 5);
        equal(latest![0]!["confidence"], "0.9");
      } finally {
        await client.end();
      }
    });
  },
});

Deno.test("the configurations of docs/delivery.md are right", async () => {
  const streams = "streams: {a: {stream_url: rtsp://camera/live, no_model: true, sink: NAMES}}\n";
  for (const yaml of blocks("yaml")) {
    const names = [...yaml.matchAll(/^ {2}(\w+):/gm)].map(([, name]) => name);
    const whole = /^streams:/m.test(yaml)
      ? yaml
      : yaml + streams.replace("NAMES", JSON.stringify(names));
    const files = { "s.yaml": whole, db_password: "x\n" };
    await withFiles(files, async (directory) => {
      const env = () => "https://hooks.slack.com/services/x";
      const { lines } = await loadConfig(`${directory}/s.yaml`, {}, env);
      deepEqual(lines, [], whole);
    });
  }
});
