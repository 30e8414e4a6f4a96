import assert from "node:assert/strict";
import { getLogger } from "@logtape/logtape";
import { appConfig } from "../../tests/support/app_config.ts";
import { EventLog } from "../events/event_log.ts";
import { EventMedia } from "../media/event_media.ts";
import { ProcessGuard } from "../process_guard.ts";
import { MetricsRegistry } from "../web/prometheus/metrics_registry.ts";
import { Cameras } from "./cameras.ts";

const logger = getLogger(["test"]);
const works = `export default () => ({ postprocess: () => ({}) });`;
const drawing = { draw: () => {}, mustDraw: () => false };

Deno.test("Cameras: streams of one camera share its clock, and it ends with the last of them", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const { streams: [first] } = await appConfig(folder, { door: works });
    const config = (name: string, camera = "door") => ({ ...first!, name, camera });
    const unread = () => assert.fail("no scrape");
    const metrics = new MetricsRegistry(() => [], unread, () => [], unread);
    await using guard = new ProcessGuard();
    const cameras = new Cameras({ logger, guard, metrics, visible: false, media: null });
    const [a, b] = [config("door:motion"), config("door:people")];
    const one = await cameras.join(a, drawing, logger);
    const two = await cameras.join(b, drawing, logger);
    await using other = await cameras.join(config("yard", "yard"), drawing, logger);
    assert.equal(one.clock, two.clock);
    assert.notEqual(one.clock, other.clock);
    assert.equal(one.view, null);
    await one[Symbol.asyncDispose]();
    await using again = await cameras.join(a, drawing, logger);
    assert.equal(again.clock, two.clock, "the other stream has kept it");
    await again[Symbol.asyncDispose]();
    await two[Symbol.asyncDispose]();
    await using fresh = await cameras.join(a, drawing, logger);
    assert.notEqual(fresh.clock, two.clock);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("Cameras: one view and one store of packets for all streams of a camera, others for other settings", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const { streams: [given], events } = await appConfig(folder, { door: works });
    const first = { ...given!, source: { ...given!.source, ring: { seconds: 10, megabytes: 1 } } };
    const unread = () => assert.fail("no scrape");
    const metrics = new MetricsRegistry(() => [], unread, () => [], unread);
    await using guard = new ProcessGuard();
    await using log = await EventLog.open(events, [], logger);
    await using media = new EventMedia({ dataDir: folder, log, guard, logger });
    const cameras = new Cameras({ logger, guard, metrics, visible: true, media });
    const join = (name: string, source: object = {}) =>
      cameras.join({ ...first, name, source: { ...first.source, ...source } }, drawing, logger);
    await using one = await join("door:motion");
    await using two = await join("door:people");
    assert.ok(one.view !== null && one.media !== null);
    assert.deepEqual([one.view === two.view, one.media === two.media], [true, true]);
    assert.equal(one.outputs, null);
    // As after a reload: the camera with its old settings is still there.
    await using other = await join("door:motion", { stallTimeoutMs: 999 });
    assert.ok(other.view !== null && other.view !== one.view && other.clock !== one.clock);
    await using ringless = await join("door:late", { ring: { seconds: 0, megabytes: 1 } });
    assert.deepEqual([ringless.media, ringless.view === null], [null, false]);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
