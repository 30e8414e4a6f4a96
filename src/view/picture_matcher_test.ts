import assert from "node:assert/strict";
import type { Analysis } from "../frame/analysis.ts";
import { PictureMatcher } from "./picture_matcher.ts";

const result = (name: string): Analysis => ({ data: name });

function makeMatcher() {
  const discarded: (number | null)[] = [];
  const matcher = new PictureMatcher<{ ptsMs: number | null }>(({ ptsMs }) =>
    discarded.push(ptsMs)
  );
  return { matcher, discarded };
}

Deno.test("PictureMatcher gives a picture the result of its own time", () => {
  const { matcher } = makeMatcher();
  matcher.addResult("s", 0, result("a"), 0);
  matcher.addResult("s", 40, result("b"), 40);
  matcher.addResult("s", 80, result("c"), 80);
  matcher.addPicture({ ptsMs: 42 }, 90);
  assert.deepEqual(matcher.take(90)?.analyses.get("s"), result("b"));
});

Deno.test("PictureMatcher holds a picture until its result is there", () => {
  const { matcher } = makeMatcher();
  matcher.addResult("s", 0, result("a"), 0);
  matcher.addPicture({ ptsMs: 80 }, 10);
  assert.equal(matcher.take(20), null);
  assert.equal(matcher.dueInMs(20), 390);
  matcher.addResult("s", 80, result("b"), 110);
  assert.deepEqual(matcher.take(110)?.analyses.get("s"), result("b"));
});

Deno.test("PictureMatcher takes an older result rather than hold a picture for long", () => {
  const { matcher } = makeMatcher();
  matcher.addResult("s", 0, result("a"), 0);
  matcher.addPicture({ ptsMs: 80 }, 10);
  assert.deepEqual(matcher.take(410)?.analyses.get("s"), result("a"));
});

Deno.test("PictureMatcher awaits no result when none came for long", () => {
  const { matcher } = makeMatcher();
  matcher.addResult("s", 0, result("a"), 0);
  matcher.addPicture({ ptsMs: 5000 }, 5000);
  assert.deepEqual(matcher.take(5000), { picture: { ptsMs: 5000 }, analyses: new Map() });
});

Deno.test("PictureMatcher keeps the boxes of a slow model until its next result", () => {
  const { matcher } = makeMatcher();
  matcher.addResult("s", 0, result("a"), 0);
  matcher.addResult("s", 3000, result("b"), 3000);
  matcher.addPicture({ ptsMs: 5500 }, 5600);
  assert.deepEqual(matcher.take(6000)?.analyses.get("s"), result("b"));
});

Deno.test("PictureMatcher passes over older pictures, and gives each of them back", () => {
  const { matcher, discarded } = makeMatcher();
  for (let ptsMs = 0; ptsMs < 10; ptsMs++) matcher.addPicture({ ptsMs }, 0);
  assert.equal(matcher.take(0)?.picture.ptsMs, 9);
  assert.deepEqual(discarded, [0, 1, 2, 3, 4, 5, 6, 7, 8]);
  assert.equal(matcher.take(0), null);
});

Deno.test("PictureMatcher.clear() forgets results of another run", () => {
  const { matcher, discarded } = makeMatcher();
  matcher.addResult("s", 0, result("a"), 0);
  matcher.addPicture({ ptsMs: 40 }, 0);
  matcher.clear();
  matcher.addPicture({ ptsMs: 0 }, 5000);
  assert.deepEqual(discarded, [40]);
  assert.equal(matcher.take(5000)?.analyses.size, 0);
});

Deno.test("PictureMatcher holds a picture until each stream has its result, and forgets one that left", () => {
  const { matcher } = makeMatcher();
  matcher.addResult("s", 0, result("a"), 0);
  matcher.addResult("t", 0, result("b"), 0);
  matcher.addPicture({ ptsMs: 40 }, 50);
  matcher.addResult("s", 40, result("c"), 60);
  assert.equal(matcher.take(70), null);
  matcher.addResult("t", 40, result("d"), 80);
  assert.deepEqual(
    matcher.take(80)?.analyses,
    new Map([["s", result("c")], ["t", result("d")]]),
  );
  matcher.forget("t");
  matcher.addPicture({ ptsMs: 40 }, 90);
  assert.deepEqual(matcher.take(90)?.analyses, new Map([["s", result("c")]]));
});

Deno.test("PictureMatcher keeps the boxes of a slow model for one and a half of its intervals", () => {
  // The last interval is 4 s, whatever the one before it was.
  for (const [ptsMs, shown] of [[11_900, true], [12_100, false]] as const) {
    const { matcher } = makeMatcher();
    matcher.addResult("s", 1900, result("a"), 0);
    matcher.addResult("s", 2000, result("b"), 0);
    matcher.addResult("s", 6000, result("c"), 0);
    matcher.addPicture({ ptsMs }, 10_000);
    assert.equal(matcher.take(20_000)?.analyses.has("s"), shown, `${ptsMs}`);
  }
});
