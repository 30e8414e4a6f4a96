import assert from "node:assert/strict";
import type { Analysis } from "../frame/analysis.ts";
import { PictureSynchroniser } from "./picture_synchroniser.ts";

const result = (name: string): Analysis => ({ data: name });

function makeSynchroniser() {
  const discarded: (number | null)[] = [];
  const synchroniser = new PictureSynchroniser<{ ptsMs: number | null }>(({ ptsMs }) =>
    discarded.push(ptsMs)
  );
  return { synchroniser, discarded };
}

Deno.test("PictureSynchroniser gives a picture the result of its own time", () => {
  const { synchroniser } = makeSynchroniser();
  synchroniser.addResult("s", 0, result("a"), 0);
  synchroniser.addResult("s", 40, result("b"), 40);
  synchroniser.addResult("s", 80, result("c"), 80);
  synchroniser.addPicture({ ptsMs: 42 }, 90);
  assert.deepEqual(synchroniser.take(90)?.analyses.get("s"), result("b"));
});

Deno.test("PictureSynchroniser holds a picture until its result is there", () => {
  const { synchroniser } = makeSynchroniser();
  synchroniser.addResult("s", 0, result("a"), 0);
  synchroniser.addPicture({ ptsMs: 80 }, 10);
  assert.equal(synchroniser.take(20), null);
  assert.equal(synchroniser.dueInMs(20), 390);
  synchroniser.addResult("s", 80, result("b"), 110);
  assert.deepEqual(synchroniser.take(110)?.analyses.get("s"), result("b"));
});

Deno.test("PictureSynchroniser takes an older result rather than hold a picture for long", () => {
  const { synchroniser } = makeSynchroniser();
  synchroniser.addResult("s", 0, result("a"), 0);
  synchroniser.addPicture({ ptsMs: 80 }, 10);
  assert.deepEqual(synchroniser.take(410)?.analyses.get("s"), result("a"));
});

Deno.test("PictureSynchroniser awaits no result when none came for long", () => {
  const { synchroniser } = makeSynchroniser();
  synchroniser.addResult("s", 0, result("a"), 0);
  synchroniser.addPicture({ ptsMs: 5000 }, 5000);
  assert.deepEqual(synchroniser.take(5000), { picture: { ptsMs: 5000 }, analyses: new Map() });
});

Deno.test("PictureSynchroniser keeps the boxes of a slow model until its next result", () => {
  const { synchroniser } = makeSynchroniser();
  synchroniser.addResult("s", 0, result("a"), 0);
  synchroniser.addResult("s", 3000, result("b"), 3000);
  synchroniser.addPicture({ ptsMs: 5500 }, 5600);
  assert.deepEqual(synchroniser.take(6000)?.analyses.get("s"), result("b"));
});

Deno.test("PictureSynchroniser passes over older pictures, and gives each of them back", () => {
  const { synchroniser, discarded } = makeSynchroniser();
  for (let ptsMs = 0; ptsMs < 10; ptsMs++) synchroniser.addPicture({ ptsMs }, 0);
  assert.equal(synchroniser.take(0)?.picture.ptsMs, 9);
  assert.deepEqual(discarded, [0, 1, 2, 3, 4, 5, 6, 7, 8]);
  assert.equal(synchroniser.take(0), null);
});

Deno.test("PictureSynchroniser.clear() forgets results of another run", () => {
  const { synchroniser, discarded } = makeSynchroniser();
  synchroniser.addResult("s", 0, result("a"), 0);
  synchroniser.addPicture({ ptsMs: 40 }, 0);
  synchroniser.clear();
  synchroniser.addPicture({ ptsMs: 0 }, 5000);
  assert.deepEqual(discarded, [40]);
  assert.equal(synchroniser.take(5000)?.analyses.size, 0);
});

Deno.test("PictureSynchroniser holds a picture until each stream has its result, and forgets one that left", () => {
  const { synchroniser } = makeSynchroniser();
  synchroniser.addResult("s", 0, result("a"), 0);
  synchroniser.addResult("t", 0, result("b"), 0);
  synchroniser.addPicture({ ptsMs: 40 }, 50);
  synchroniser.addResult("s", 40, result("c"), 60);
  assert.equal(synchroniser.take(70), null);
  synchroniser.addResult("t", 40, result("d"), 80);
  assert.deepEqual(
    synchroniser.take(80)?.analyses,
    new Map([["s", result("c")], ["t", result("d")]]),
  );
  synchroniser.forget("t");
  synchroniser.addPicture({ ptsMs: 40 }, 90);
  assert.deepEqual(synchroniser.take(90)?.analyses, new Map([["s", result("c")]]));
});

Deno.test("PictureSynchroniser keeps the boxes of a slow model for one and a half of its intervals", () => {
  // The last interval is 4 s, whatever the one before it was.
  for (const [ptsMs, shown] of [[11_900, true], [12_100, false]] as const) {
    const { synchroniser } = makeSynchroniser();
    synchroniser.addResult("s", 1900, result("a"), 0);
    synchroniser.addResult("s", 2000, result("b"), 0);
    synchroniser.addResult("s", 6000, result("c"), 0);
    synchroniser.addPicture({ ptsMs }, 10_000);
    assert.equal(synchroniser.take(20_000)?.analyses.has("s"), shown, `${ptsMs}`);
  }
});

Deno.test("PictureSynchroniser draws nothing into a picture of before the first result", () => {
  const { synchroniser } = makeSynchroniser();
  for (const ptsMs of [400, 440, 480]) synchroniser.addResult("s", ptsMs, result(`${ptsMs}`), 500);
  for (const [ptsMs, drawn] of [[320, undefined], [370, result("400")], [470, result("480")]]) {
    synchroniser.addPicture({ ptsMs: ptsMs as number }, 500);
    assert.deepEqual(synchroniser.take(500)?.analyses.get("s"), drawn, `${ptsMs}`);
  }
});

Deno.test("PictureSynchroniser takes the newer of two results that are as near, up to a second away", () => {
  const { synchroniser } = makeSynchroniser();
  const [older, newer] = [{ data: "older" }, { data: "newer" }];
  synchroniser.addResult("a", 0, older, 0);
  synchroniser.addResult("a", 80, newer, 0);
  synchroniser.addPicture({ ptsMs: 40 }, 0);
  assert.equal(synchroniser.take(0)?.analyses.get("a"), newer);
  synchroniser.addPicture({ ptsMs: 1080 }, 5000);
  assert.equal(synchroniser.take(5000)?.analyses.get("a"), newer);
  synchroniser.addPicture({ ptsMs: 1081 }, 5000);
  assert.equal(synchroniser.take(5000)?.analyses.get("a"), undefined);
});

Deno.test("PictureSynchroniser passes none over in order, but when more come than are kept", () => {
  const discarded: (number | null)[] = [];
  const synchroniser = new PictureSynchroniser<{ ptsMs: number | null }>(
    ({ ptsMs }) => discarded.push(ptsMs),
    { kept: 3, mode: "ordered" },
  );
  for (const ptsMs of [0, 40, 80]) synchroniser.addPicture({ ptsMs }, 0);
  assert.equal(synchroniser.take(0)?.picture.ptsMs, 0);
  for (const ptsMs of [120, 160]) synchroniser.addPicture({ ptsMs }, 0);
  assert.equal(synchroniser.size, 3);
  assert.equal(synchroniser.take(0)?.picture.ptsMs, 80);
  assert.deepEqual(discarded, [40]);
});

Deno.test("PictureSynchroniser has no picture wait that is to have no result, or for which there is no room", () => {
  const synchroniser = new PictureSynchroniser<{ ptsMs: number; isFrame: boolean }>(
    () => assert.fail("passed over"),
    { kept: 3, mode: "ordered" },
  );
  synchroniser.expect("s", 0);
  synchroniser.addPicture({ ptsMs: 0, isFrame: false }, 0);
  synchroniser.addPicture({ ptsMs: 40, isFrame: true }, 0);
  assert.equal(synchroniser.take(0)?.picture.ptsMs, 0);
  assert.equal(synchroniser.take(0), null);
  synchroniser.addPicture({ ptsMs: 80, isFrame: true }, 40);
  synchroniser.addPicture({ ptsMs: 120, isFrame: true }, 80);
  assert.equal(synchroniser.take(80)?.picture.ptsMs, 40);
  assert.equal(synchroniser.take(80), null);
});

Deno.test("PictureSynchroniser gives a picture that comes late its own result, where each is to go out", () => {
  const synchroniser = new PictureSynchroniser<{ ptsMs: number | null }>(() => {}, {
    mode: "ordered",
  });
  const results = Array.from({ length: 250 }, (_, index) => result(`${index}`));
  results.forEach((each, index) => synchroniser.addResult("s", index * 40, each, index * 40));
  for (const index of [0, 1, 100]) {
    synchroniser.addPicture({ ptsMs: index * 40 }, 10_000);
    assert.deepEqual(synchroniser.take(10_000)?.analyses.get("s"), results[index]);
  }
});

Deno.test("PictureSynchroniser waits for each result as long as it takes where it is patient", () => {
  const synchroniser = new PictureSynchroniser<{ ptsMs: number | null }>(() => {}, {
    mode: "patient",
  });
  synchroniser.expect("s", 0);
  synchroniser.addPicture({ ptsMs: 0 }, 0);
  synchroniser.addPicture({ ptsMs: 40 }, 0);
  assert.equal(synchroniser.take(1e9), null);
  assert.equal(synchroniser.dueInMs(1e9), null, "no time brings it");
  synchroniser.addResult("s", 0, result("a"), 1e9);
  assert.deepEqual(synchroniser.take(1e9)?.analyses.get("s"), result("a"));
  assert.equal(synchroniser.take(1e9), null);
  synchroniser.leave("s");
  assert.deepEqual(synchroniser.take(1e9)?.analyses.get("s"), result("a"));
});

Deno.test("PictureSynchroniser awaits no result of a picture that was skipped", () => {
  for (const mode of ["ordered", "patient"] as const) {
    const synchroniser = new PictureSynchroniser<{ ptsMs: number | null }>(() => {}, { mode });
    synchroniser.expect("door", 0);
    synchroniser.addResult("door", 0, result("a"), 0);
    synchroniser.addPicture({ ptsMs: 40 }, 1);
    synchroniser.addPicture({ ptsMs: 80 }, 1);
    assert.equal(synchroniser.take(1), null, mode);
    synchroniser.skip("door", 40.2, 2);
    assert.equal(synchroniser.take(2)?.picture.ptsMs, 40, mode);
    assert.equal(synchroniser.take(2), null, mode);
  }
});

Deno.test("PictureSynchroniser awaits nothing of a stream that left, and draws what it said", () => {
  const { synchroniser } = makeSynchroniser();
  synchroniser.addResult("s", 0, result("a"), 0);
  synchroniser.leave("s");
  synchroniser.addPicture({ ptsMs: 40 }, 0);
  assert.deepEqual(synchroniser.take(0)?.analyses.get("s"), result("a"));
});
