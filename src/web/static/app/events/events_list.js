/* The events that fit, newest first: as far back as one scrolls, and new ones as they come. */

import { ask, useFeed } from "../api.js";
import { query } from "../base.js";
import { useCallback, useEffect, useRef, useState } from "../dom.js";

const pageSize = 48;
/** So many stay on a page: a browser takes no endless list. */
const mostShown = 3000;

/** New ones are shown together, not one after the other. */
const gatherMs = 1000;
/** More that come at once are not set off: where much happens, nothing would stand still. */
const mostFresh = 6;
/** Farther down than this one reads. */
const topPx = 300;

const nothing = { events: [], cursor: null, isAtEnd: false, error: null, fresh: new Set() };

/** `more` reads on; `isFull`: the page holds as many as it may. */
export function useEvents(filters) {
  const search = query(filters);
  const [list, setList] = useState(nothing);
  const reading = useRef(null);
  const current = useRef(list);
  current.current = list;
  const read = useCallback(async (cursor) => {
    reading.current?.abort();
    const end = reading.current = new AbortController();
    try {
      const asked = query({ ...filters, limit: pageSize, cursor });
      const answer = await ask(`api/events${asked}`, { signal: end.signal });
      if (end.signal.aborted) return;
      setList((before) => {
        const known = cursor === null ? [] : before.events;
        const ids = new Set(known.map(({ id }) => id));
        return {
          events: [...known, ...answer.events.filter(({ id }) => !ids.has(id))],
          cursor: answer.cursor,
          isAtEnd: answer.cursor === null,
          error: null,
          fresh: cursor === null ? new Set() : before.fresh,
        };
      });
    } catch (error) {
      if (!end.signal.aborted) setList((before) => ({ ...before, error }));
    } finally {
      if (reading.current === end) reading.current = null;
    }
  }, [search]);
  useEffect(() => {
    setList(nothing);
    read(null);
    return () => reading.current?.abort();
  }, [search]);
  const isLive = filters.to === undefined;
  const [waiting, setWaiting] = useState([]);
  useEffect(() => setWaiting([]), [search]);
  useFeed(isLive ? query({ ...filters, from: null, to: null }) : null, (event) => {
    if (Date.parse(event.at) < Date.parse(filters.from ?? 0)) return;
    setWaiting((before) => [...before, event].slice(-mostShown));
  });
  const held = useRef(waiting);
  held.current = waiting;
  const showNew = useCallback(() => {
    const found = held.current;
    setList((before) => withNew(before, found));
    setWaiting([]);
  }, []);
  // A list that moves cannot be read: once one has scrolled down, what is new waits.
  useEffect(() => {
    if (waiting.length === 0) return;
    const timer = setTimeout(() => scrollY < topPx && showNew(), gatherMs);
    return () => clearTimeout(timer);
  }, [waiting.length > 0]);
  const isFull = list.events.length >= mostShown;
  const more = useCallback(() => {
    const { cursor, events } = current.current;
    if (reading.current === null && cursor !== null && events.length < mostShown) read(cursor);
  }, [read]);
  // At the top they come by themselves in a moment.
  const told = scrollY < topPx ? 0 : waiting.length;
  return { ...list, isLive, isFull, more, waiting: told, showNew };
}

/** What happened earlier and is told late stands where it belongs. */
function withNew(list, found) {
  const known = new Set(list.events.map(({ id }) => id));
  const last = list.events.at(-1);
  const fitting = found.filter(({ id, at }) =>
    !known.has(id) && (list.isAtEnd || last === undefined || at >= last.at)
  );
  const events = [...fitting.reverse(), ...list.events].toSorted((a, b) =>
    b.at.localeCompare(a.at)
  );
  return {
    ...list,
    events: events.slice(0, mostShown),
    fresh: new Set(fitting.length > mostFresh ? [] : fitting.map(({ id }) => id)),
  };
}
