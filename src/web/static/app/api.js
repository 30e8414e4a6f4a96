/* Questions to Sightline, and what they need: one answer at a time, none while the page is hidden. */

import { at, base } from "./base.js";
import { useEffect, useRef, useState } from "./dom.js";
import { t } from "./texts.js";

const patienceMs = 8000;
/** What was known no longer holds when the next answer takes so long; the live picture says the same. */
const lateMs = 2500;
/** Answers tell whole seconds, and take their time. */
const exactMs = 3000;

let aheadMs = 0;

/** Milliseconds since 1970 on Sightline's clock, whatever this computer's says. */
export function serverNowMs() {
  return Date.now() + aheadMs;
}

/** `date`: what an answer says of Sightline's clock, as HTTP has it. */
function setClock(date) {
  const aheadNowMs = Date.parse(date) - Date.now();
  if (Math.abs(aheadNowMs - aheadMs) > exactMs) aheadMs = aheadNowMs;
}

/** Leads to the login, and back from there. */
export function signIn() {
  const here = location.pathname.slice(base.length - 1) + location.search;
  location.assign(`${at("login")}?next=${encodeURIComponent(here)}`);
}

/** What was wrong with an answer, in Sightline's words where it gave any. */
export class ApiError extends Error {
  constructor(status, problems) {
    super(problems.map(({ parameter, message }) => `${parameter} ${message}`).join("; "));
    this.status = status;
    this.problems = problems;
  }
}

/** The JSON at a path behind the base, such as `api/streams`. */
export async function ask(path, { signal, body } = {}) {
  const response = await fetch(base + path, {
    signal: AbortSignal.any([AbortSignal.timeout(patienceMs), ...signal ? [signal] : []]),
    ...(body !== undefined && {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    }),
  });
  setClock(response.headers.get("date") ?? "");
  // The cookie has expired, or Sightline was started again.
  if (response.status === 401) {
    signIn();
    return await new Promise(() => {});
  }
  if (response.status === 204) return null;
  if (response.ok) return await response.json();
  const { problems = [] } = await response.json().catch(() => ({}));
  throw new ApiError(
    response.status,
    problems.length > 0
      ? problems
      : [{ parameter: path, message: t("app.answered", { status: response.status }) }],
  );
}

/**
 * The newest answer at a path, asked for again every so often while the page can be seen. `path` null
 * asks nothing. `error` is of the last question; the last good answer stays. `isLost`: it is not of
 * now, as the last question failed, or has no answer yet and should have.
 */
export function usePoll(path, everyMs) {
  const [state, setState] = useState(unasked(path));
  useEffect(() => {
    if (path === null) return setState(unasked(path));
    const end = new AbortController();
    let timer;
    const turn = async () => {
      if (document.visibilityState === "visible") {
        const late = setTimeout(() => setState((before) => ({ ...before, isLost: true })), lateMs);
        try {
          const answer = await ask(path, { signal: end.signal });
          if (!end.signal.aborted) setState({ path, answer, error: null, isLost: false });
        } catch (error) {
          if (end.signal.aborted) return;
          setState((before) => ({
            path,
            answer: before.path === path ? before.answer : null,
            error,
            isLost: true,
          }));
        } finally {
          clearTimeout(late);
        }
      }
      if (!end.signal.aborted && everyMs !== null) timer = setTimeout(turn, everyMs);
    };
    const onSight = () => {
      if (document.visibilityState !== "visible" || everyMs === null) return;
      clearTimeout(timer);
      timer = setTimeout(turn, 0);
    };
    turn();
    document.addEventListener("visibilitychange", onSight);
    return () => {
      end.abort();
      clearTimeout(timer);
      document.removeEventListener("visibilitychange", onSight);
    };
  }, [path, everyMs]);
  return state.path === path ? state : unasked(path);
}

function unasked(path) {
  return { path, answer: null, error: null, isLost: false };
}

/** Events as they come; `onEvent` may change from one call to the next. */
export function useFeed(search, onEvent) {
  const latest = useRef(onEvent);
  latest.current = onEvent;
  useEffect(() => {
    if (search === null) return;
    const feed = new EventSource(`${base}api/events/stream${search}`);
    feed.onmessage = ({ data }) => latest.current(JSON.parse(data));
    return () => feed.close();
  }, [search]);
}
