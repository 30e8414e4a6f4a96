import { deepEqual, equal } from "node:assert/strict";
import { StartBurst } from "./start_burst.ts";

type Packets = readonly (readonly [pts: number, atMs: number])[];

/** A run whose first frame is there before packet number `frameAt`. */
function burstOf(packets: Packets, frameAt: number | null): StartBurst {
  const burst = new StartBurst();
  for (const [at, [pts, atMs]] of packets.entries()) {
    if (at === frameAt) burst.frame();
    burst.packet(pts, atMs);
  }
  if (frameAt !== null && frameAt >= packets.length) burst.frame();
  return burst;
}

const perMs = 1 / 1000;

Deno.test("StartBurst is over once a packet had to be waited for, and not before there is a frame", () => {
  const rows: [what: string, packets: Packets, frameAt: number | null, isOver: boolean][] = [
    ["nothing came", [], null, false],
    ["a frame, and no packet", [], 0, false],
    ["no frame", [[0, 0], [300, 300]], null, false],
    ["at its own pace for 250 ms", [[0, 0], [250, 250]], 1, true],
    ["for less", [[0, 0], [249, 249]], 1, false],
    ["half as fast again", [[0, 0], [375, 250]], 1, true],
    ["faster", [[0, 0], [376, 250]], 1, false],
    ["only the wait before the frame", [[0, 0], [250, 250], [251, 251]], 2, false],
    ["the wait after it", [[0, 0], [250, 250], [500, 500]], 2, true],
    ["the frame came later", [[0, 0], [250, 250]], 2, false],
    ["fast for four seconds", [[0, 0], [8000, 4000]], 1, false],
    ["fast for longer", [[0, 0], [8000, 4001]], 1, true],
    ["what is shown before does not count", [[0, 0], [900, 100], [100, 360]], 1, false],
    ["nor one of the same time", [[0, 0], [900, 100], [900, 360]], 1, false],
    ["nor one before the newest", [[0, 0], [900, 100], [1000, 110], [950, 370]], 1, false],
    ["a machine that runs for long", [[0, 5000], [300, 5100]], 1, false],
    ["and waited as long as others", [[0, 5000], [376, 5250]], 1, false],
    ["a clock that begins anywhere", [[15_000, 0], [15_001, 1]], null, false],
    ["a clock that jumps by twenty seconds", [[0, 0], [20_000, 1]], null, false],
    ["a clock that jumps by more", [[0, 0], [20_001, 1]], null, true],
    ["or back", [[20_001, 0], [0, 1]], null, true],
  ];
  for (const [what, packets, frameAt, isOver] of rows) {
    equal(burstOf(packets, frameAt).isOver(perMs), isOver, what);
  }
  const ticks = burstOf([[0, 0], [22_500, 250]], 1);
  deepEqual([ticks.isOver(1 / 90_000), ticks.isOver(perMs)], [true, true]);
  equal(burstOf([[0, 0], [45_000, 250]], 1).isOver(1 / 90_000), false);
});

Deno.test("StartBurst knows by the freshest packet how long each lay in store", () => {
  const burst = burstOf([[0, 5000], [1000, 5001], [500, 5002], [2000, 5003]], 1);
  deepEqual(burst.latenessMs(perMs), [1997, 998, 1499, 0]);
  deepEqual(burst.packets.map(({ pts }) => pts), [0, 1000, 500, 2000]);
  deepEqual(burstOf([[0, 0], [900_000, 1]], 1).latenessMs(perMs), [0, 0], "a wild clock");
  deepEqual(burstOf([[90_000, 10], [180_000, 10]], 1).latenessMs(1 / 90_000), [1000, 0]);
});

Deno.test("StartBurst counts from the first frame, whatever frames follow", () => {
  const burst = burstOf([[0, 0], [250, 250]], null);
  equal(burst.hasFrames, false);
  burst.frame();
  equal(burst.hasFrames, true);
  burst.packet(500, 500);
  burst.frame();
  equal(burst.isOver(perMs), true, "it waited after the first");
});
