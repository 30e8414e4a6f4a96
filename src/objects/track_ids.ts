/** Numbers of objects that no process gave before. */

import type { EventLog } from "../events/event_log.ts";
import type { TrackIds } from "./scene.ts";

/** So many are set aside at a time; those that were not given are lost with the process. */
const block = 1000;

/** Sets numbers of a stream aside before it gives them, so that no restart gives one again. */
export async function openTrackIds(
  log: Pick<EventLog, "reserve">,
  stream: string,
): Promise<TrackIds> {
  const name = `track ${stream}`;
  let next = await log.reserve(name, block);
  let until = next + block;
  let waiting: Promise<void> | null = null;
  return {
    next(): number {
      if (until - next <= block / 2) {
        waiting ??= log.reserve(name, block).then((first) => {
          // Others set none of this stream's aside, so the blocks follow each other.
          until = first + block;
        }).catch(() => {}).finally(() => waiting = null);
      }
      return next++;
    },
  };
}
