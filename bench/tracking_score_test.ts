import assert from "node:assert/strict";
import { addCounts, countTracking, idf1, mota, type ScoredFrame } from "./tracking_score.ts";

const at = (id: number, x: number) => ({ id, box: { x, y: 0, width: 1, height: 1 } });

Deno.test("countTracking() of one object whose track is cut in two", () => {
  // Six frames: track 1 for four, a miss, track 2 for one; one false positive.
  const frames: ScoredFrame[] = [1, 1, 1, 1].map((id) => ({
    truth: [at(7, 0)],
    tracks: [at(id, 0)],
  }));
  frames.push({ truth: [at(7, 0)], tracks: [at(3, 5)] }, {
    truth: [at(7, 0)],
    tracks: [at(2, 0.2)],
  });
  const counts = countTracking(frames);
  assert.deepEqual(counts, { truth: 6, tracks: 6, identityMatches: 4, matches: 5, switches: 1 });
  assert.equal(idf1(counts), 8 / 12);
  assert.equal(mota(counts), 1 - 3 / 6);
});

Deno.test("countTracking() pairs identities over the whole sequence", () => {
  // The tracks swap after two of five frames: paired crosswise, six of ten match.
  const frames = [0, 0, 1, 1, 1].map((swapped) => ({
    truth: [at(1, 0), at(2, 3)],
    tracks: [at(swapped ? 20 : 10, 0), at(swapped ? 10 : 20, 3)],
  }));
  assert.deepEqual(countTracking(frames), {
    truth: 10,
    tracks: 10,
    identityMatches: 6,
    matches: 10,
    switches: 2,
  });
});

Deno.test("countTracking() lets a pair go on although another track is nearer", () => {
  const frames: ScoredFrame[] = [
    { truth: [at(1, 0)], tracks: [at(1, 0)] },
    { truth: [at(1, 0)], tracks: [at(1, 0.25), at(2, 0)] },
  ];
  assert.equal(countTracking(frames).switches, 0);
});

Deno.test("addCounts() adds up sequences", () => {
  const one = countTracking([{ truth: [at(1, 0)], tracks: [at(1, 0)] }]);
  const both = addCounts([one, countTracking([{ truth: [at(1, 0)], tracks: [] }])]);
  assert.deepEqual(both, { truth: 2, tracks: 1, identityMatches: 1, matches: 1, switches: 0 });
  assert.equal(idf1(both), 2 / 3);
  assert.equal(mota(both), 0.5);
});
