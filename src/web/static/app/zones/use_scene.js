/* The scene that is drawn, its text, and what Sightline says of it. */

import { ask, serverNowMs } from "../api.js";
import { query } from "../base.js";
import { useCallback, useEffect, useState } from "../dom.js";
import { toYaml } from "./scene_text.js";

const quietMs = 500;
const hourMs = 3_600_000;
const mostTrails = 500;

const nothing = { zones: [], lines: [], masks: [], objects: {} };

/**
 * Drawing writes the text, and a text that is right is drawn. `stored` null: the stream's own scene is
 * still being asked for.
 */
export function useScene(stream) {
  const [state, setState] = useState({ scene: nothing, text: null, checked: null, error: null });
  const path = `api/streams/${encodeURIComponent(stream)}/scene`;
  useEffect(() => {
    const end = new AbortController();
    ask(path, { signal: end.signal })
      .then((scene) => setState({ scene, text: toYaml(scene), checked: null, error: null }))
      .catch((error) => !end.signal.aborted && setState((before) => ({ ...before, error })));
    return () => end.abort();
  }, [path]);
  const { text } = state;
  useEffect(() => {
    if (text === null) return;
    const end = new AbortController();
    const timer = setTimeout(async () => {
      try {
        const checked = await ask(`${path}/check`, { signal: end.signal, body: { yaml: text } });
        setState((before) =>
          before.text !== text ? before : {
            ...before,
            checked,
            error: null,
            // While one draws, one's own hand is newer than the answer.
            scene: before.isTyped && checked.scene !== null ? checked.scene : before.scene,
          }
        );
      } catch (error) {
        if (!end.signal.aborted) setState((before) => ({ ...before, error }));
      }
    }, quietMs);
    return () => {
      end.abort();
      clearTimeout(timer);
    };
  }, [path, text]);
  const draw = useCallback((scene) => {
    setState((before) => ({ ...before, scene, text: toYaml(scene), isTyped: false }));
  }, []);
  const type = useCallback((written) => {
    setState((before) => ({ ...before, text: written, isTyped: true }));
  }, []);
  return { ...state, draw, type };
}

/** The ways of what went through the picture in the last hour, the newest first. */
export function useTrails(stream) {
  const [trails, setTrails] = useState([]);
  useEffect(() => {
    const end = new AbortController();
    const from = new Date(serverNowMs() - hourMs).toISOString();
    const asked = query({ stream, type: "object_ended", from, limit: mostTrails });
    ask(`api/events${asked}`, { signal: end.signal })
      .then(({ events }) => setTrails(events.flatMap(trailOf)))
      // Zones can be drawn without them.
      .catch(() => {});
    return () => end.abort();
  }, [stream]);
  return trails;
}

function trailOf({ id, object, data }) {
  if (!Array.isArray(data?.path) || data.path.length < 2) return [];
  return [{ id, label: object?.label ?? "", points: data.path.map(({ x, y }) => [x, y]) }];
}
