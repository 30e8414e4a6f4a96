import assert from "node:assert/strict";
import { tmpdir } from "node:os";
import { mkdtemp, rm } from "node:fs/promises";
import type { Logger } from "@logtape/logtape";
import type { ChildGuard } from "../process_guard.ts";
import type { StreamMedia } from "./camera_media.ts";
import { EventMedia } from "./event_media.ts";

Deno.test("EventMedia tells why pictures are lost, and why clips are, each by itself", async () => {
  const dataDir = await mkdtemp(`${tmpdir()}/sightline-`);
  try {
    const told: string[] = [];
    const logger = {
      warn: (_: string, { what, reason, times }: Record<string, string>) =>
        told.push(`${what}: ${reason}${times}`),
    } as unknown as Logger;
    const log = {
      ask: () => Promise.resolve([]),
      closedAtStart: [],
      addFile: () => Promise.resolve(true),
    } as unknown as ConstructorParameters<typeof EventMedia>[0]["log"];
    const media = {
      picture: () => Promise.reject(new Error("no key frame")),
      clip: () => {
        throw new Error("hidden");
      },
    } as unknown as StreamMedia;
    {
      await using events = new EventMedia({ dataDir, log, guard: {} as ChildGuard, logger });
      using _entry = events.enter("door", media, {
        snapshots: ["seen"],
        clips: {
          types: ["seen"],
          before_s: 1,
          after_s: 1,
          max_s: 9,
          hidden: "refuse",
          hidden_height: 720,
        },
      });
      const draft = { id: "1", stream: "door", type: "seen", at: "2026-11-29T10:00:00Z" };
      events.prepare({ ...draft, sequence: null, data: null } as never);
      // The picture is waited for.
      await events.picture("1");
    }
    assert.deepEqual(told.toSorted(), ["clip: hidden", "picture: no key frame"]);
  } finally {
    await rm(dataDir, { recursive: true, force: true });
  }
});
