/** What was found in the last pictures of a camera, by the time stamps of the pictures. */

/** Records of one stream that are kept: a few seconds. */
const kept = 128;
/** A stream that has given no record for so long is not waited for. */
const silentMs = 2000;
/** Boxes are moved on no further than this; beyond they would be invented. */
const longestMoveUs = 1_000_000;
/** A stream's last record holds for so long when nothing newer comes. */
const heldUs = 2_000_000;
/** A trail shows where an object was for so long. */
const trailUs = 5_000_000;

export class RecordBook {
  /** Stream → its records, oldest first. */
  #streams = new Map();

  add(ptsUs, record, nowMs) {
    const entry = this.#streams.get(record.stream) ?? { list: [], atMs: nowMs };
    this.#streams.set(record.stream, entry);
    // Another run of the camera began.
    if (entry.list.length > 0 && entry.list.at(-1).ptsUs >= ptsUs) entry.list = [];
    entry.list.push({ ptsUs, record });
    if (entry.list.length > kept) entry.list.shift();
    entry.atMs = nowMs;
  }

  clear() {
    this.#streams.clear();
  }

  /**
   * What is known of a picture: `wait` as long as its record may still come, `passed` when none will
   * because a later picture has one, `known` with its records, `silent` when there are none at all.
   */
  judge(ptsUs, nowMs) {
    let hasOwn = false;
    let isSilent = true;
    for (const { list, atMs } of this.#streams.values()) {
      if (nowMs - atMs > silentMs) continue;
      isSilent = false;
      if (list.at(-1).ptsUs < ptsUs) return "wait";
      hasOwn ||= list.some((entry) => entry.ptsUs === ptsUs);
    }
    return isSilent ? "silent" : hasOwn ? "known" : "passed";
  }

  /** Records of exactly this picture. */
  of(ptsUs) {
    return [...this.#streams.values()].flatMap(({ list }) =>
      list.filter((entry) => entry.ptsUs === ptsUs).map(({ record }) => record)
    );
  }

  /** The newest records up to this picture, with boxes moved on to where their objects should be. */
  movedTo(ptsUs) {
    return [...this.#streams.values()].flatMap(({ list }) => {
      const index = list.findLastIndex((entry) => entry.ptsUs <= ptsUs);
      const entry = list[index];
      if (entry === undefined || ptsUs - entry.ptsUs > heldUs) return [];
      return entry.ptsUs === ptsUs ? [entry.record] : [moved(entry, list[index - 1], ptsUs)];
    });
  }

  /** Where each object was that a picture shows, in fractions of the picture. */
  trails(ptsUs) {
    return [...this.#streams.values()].flatMap(({ list }) => {
      const past = list.filter((entry) => entry.ptsUs <= ptsUs && ptsUs - entry.ptsUs < trailUs);
      const now = past.at(-1)?.record;
      return (now?.detections ?? []).filter(({ trackId }) => trackId !== undefined).map((
        object,
      ) => ({
        color: now.colors[object.label],
        points: past.flatMap(({ record }) =>
          record.detections.filter(({ trackId }) => trackId === object.trackId).map(({ box }) => [
            box.x + box.width / 2,
            box.y + box.height,
          ])
        ),
      }));
    });
  }
}

/** Each object that was in the record before as well moves on as it did between the two. */
function moved({ ptsUs, record }, before, toUs) {
  if (before === undefined) return record;
  const factor = Math.min(toUs - ptsUs, longestMoveUs) / (ptsUs - before.ptsUs);
  const earlier = new Map(
    before.record.detections.filter(({ trackId }) => trackId !== undefined).map((
      object,
    ) => [object.trackId, object.box]),
  );
  const detections = record.detections.map((object) => {
    const from = earlier.get(object.trackId);
    if (from === undefined) return object;
    const { box } = object;
    const along = (key) => box[key] + (box[key] - from[key]) * factor;
    const width = Math.max(0, along("width"));
    const height = Math.max(0, along("height"));
    return { ...object, box: { x: along("x"), y: along("y"), width, height } };
  });
  return { ...record, detections };
}
