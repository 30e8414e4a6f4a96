/* Which events this browser has seen. */

import { useCallback, useState } from "../dom.js";
import { keep, readKept } from "../kept.js";

/** What is older is forgotten: a browser keeps no more than some megabytes. */
const mostSeen = 5000;

/** Ids of the events that were seen, and how to mark one. */
export function useSeen() {
  const [seen, setSeen] = useState(() => new Set(readKept("seen", [])));
  const mark = useCallback((id, isSeen) => {
    setSeen((before) => {
      const ids = [...before].filter((other) => other !== id);
      if (isSeen) ids.push(id);
      const newest = ids.slice(-mostSeen);
      keep("seen", newest);
      return new Set(newest);
    });
  }, []);
  return [seen, mark];
}
