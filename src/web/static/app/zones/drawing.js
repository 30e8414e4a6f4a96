/* The picture on which shapes are drawn and changed, by pointer or by keys. */

import { colorOfLabel } from "../colors.js";
import { html, useEffect, useRef, useState } from "../dom.js";
import { t } from "../texts.js";
import { clamp, isSame, leastCorners, shapesOf, standardPoints, withCorner } from "./shapes.js";

/** How near to the first corner a click closes a polygon, as a share of the picture. */
const nearness = 0.02;

/**
 * `tool`: the kind of shape that is being drawn, or null. `onDrawn` gets its corners, or null when it
 * was given up.
 */
export function Drawing({ scene, trails, selected, tool, onSelect, onMove, onDrawn }) {
  const [draft, setDraft] = useState([]);
  const [pointer, setPointer] = useState(null);
  const surface = useRef(null);
  const drag = useRef(null);
  useEffect(() => setDraft([]), [tool]);
  useDraftKeys(tool, draft, setDraft, onDrawn);
  const placeOf = (event) => {
    const { left, top, width, height } = surface.current.getBoundingClientRect();
    return clamp([(event.clientX - left) / width, (event.clientY - top) / height]);
  };
  const onDown = (event) => {
    if (tool === null || event.button !== 0) return;
    const place = placeOf(event);
    const points = [...draft, place];
    const closes = tool !== "line" && draft.length >= leastCorners[tool] && isNear(place, draft[0]);
    if (closes) onDrawn(draft);
    else if (tool === "line" && points.length === 2) onDrawn(points);
    else setDraft(points);
    event.preventDefault();
  };
  const onDrag = (event) => {
    if (tool !== null) setPointer(placeOf(event));
    if (drag.current === null) return;
    const { shape, corner } = drag.current;
    onMove(shape, shape.points.with(corner, placeOf(event)));
    drag.current = {
      shape: { ...shape, points: shape.points.with(corner, placeOf(event)) },
      corner,
    };
  };
  const grab = (event, shape, corner) => {
    if (tool !== null) return;
    drag.current = { shape, corner };
    surface.current.setPointerCapture(event.pointerId);
    event.stopPropagation();
  };
  const shapes = shapesOf(scene);
  const chosen = shapes.find((shape) => isSame(shape, selected)) ?? null;
  return html`
    <svg
      ref=${surface} class=${`drawing ${tool === null ? "" : "draws"}`} viewBox="0 0 1000 1000"
      preserveAspectRatio="none" role="group" aria-label=${t("zones.drawing")}
      onPointerDown=${onDown} onPointerMove=${onDrag} onPointerUp=${() => (drag.current = null)}
    >
      <g class="trails" aria-hidden="true">
        ${trails.map(({ id, label, points }) =>
          html`<polyline key=${id} points=${toText(points)} stroke=${colorOfLabel(label)} />`
        )}
      </g>
      ${shapes.map((shape) =>
        html`
          <${Shape} key=${`${shape.kind} ${shape.index}`} shape=${shape}
            isSelected=${isSame(shape, selected)}
            onSelect=${() => tool === null && onSelect(shape)} />
        `
      )}
      ${draft.length > 0 && html`
        <polyline class="draft" points=${toText(pointer === null ? draft : [...draft, pointer])} />
      `}
    </svg>
    ${chosen !== null && tool === null && html`
      <${Handles} shape=${chosen} onMove=${onMove} onGrab=${grab} />
    `}
    ${draft.map(([x, y], index) =>
      html`<i key=${index} class="handle draft" style=${{
        left: `${x * 100}%`,
        top: `${y * 100}%`,
      }}></i>`
    )}
  `;
}

function Shape({ shape, isSelected, onSelect }) {
  const { kind, points, name } = shape;
  const attributes = {
    class: `shape ${kind} ${isSelected ? "selected" : ""}`,
    points: toText(points),
    onPointerDown: onSelect,
  };
  const [x, y] = points[0];
  return html`
    <g>
      ${kind === "line" ? html`<polyline ...${attributes} />` : html`<polygon ...${attributes} />`}
      ${kind === "line" && html`<polyline class="arrow" points=${toText(arrowOf(points))} />`}
      <title>${name}</title>
      <circle class="anchor" cx=${x * 1000} cy=${y * 1000} r="1" />
    </g>
  `;
}

/** Corners to drag or to move by arrow keys, and a smaller one on each edge that makes another. */
function Handles({ shape, onMove, onGrab }) {
  const { kind, points, name } = shape;
  const onKey = (event, corner) => {
    const step = event.shiftKey ? 0.05 : 0.005;
    const by = {
      ArrowLeft: [-step, 0],
      ArrowRight: [step, 0],
      ArrowUp: [0, -step],
      ArrowDown: [0, step],
    }[event.key];
    const [x, y] = points[corner];
    const isRemoval = event.key === "Delete" || event.key === "Backspace";
    if (by !== undefined) onMove(shape, points.with(corner, clamp([x + by[0], y + by[1]])));
    else if (isRemoval && points.length > leastCorners[kind]) {
      onMove(shape, points.toSpliced(corner, 1));
    } else return;
    event.preventDefault();
  };
  const edges = kind === "line" ? [] : points.map((_, index) => index);
  const place = ([x, y]) => ({ left: `${x * 100}%`, top: `${y * 100}%` });
  return html`
    ${edges.map((edge) => {
      const middle = withCorner(points, edge)[edge + 1];
      return html`
        <button
          key=${`edge ${edge}`} type="button" class="handle edge" style=${place(middle)}
          aria-label=${t("zones.add_corner", { name, number: edge + 1 })}
          onClick=${() => onMove(shape, withCorner(points, edge))}
        ></button>
      `;
    })}
    ${points.map((point, corner) =>
      html`
        <button
          key=${`corner ${corner}`} type="button" class="handle" style=${place(point)}
          aria-label=${t("zones.corner", { name, number: corner + 1 })}
          onPointerDown=${(event) => onGrab(event, shape, corner)}
          onKeyDown=${(event) => onKey(event, corner)}
        ></button>
      `
    )}
  `;
}

/** Enter ends what is drawn, or puts something in the middle; Escape gives it up. */
function useDraftKeys(tool, draft, setDraft, onDrawn) {
  useEffect(() => {
    if (tool === null) return;
    const onKey = (event) => {
      const isDone = draft.length >= leastCorners[tool];
      if (event.key === "Escape") onDrawn(null);
      else if (event.key === "Enter") onDrawn(isDone ? draft : standardPoints(tool));
      else if (event.key === "Backspace") setDraft(draft.slice(0, -1));
      else return;
      event.preventDefault();
    };
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  });
}

/** From the middle of a line to its right: there "right" is. */
function arrowOf([[ax, ay], [bx, by]]) {
  const [mx, my] = [(ax + bx) / 2, (ay + by) / 2];
  const length = Math.hypot(bx - ax, by - ay) || 1;
  return [[mx, my], [mx - (by - ay) / length * 0.05, my + (bx - ax) / length * 0.05]];
}

function isNear([ax, ay], [bx, by]) {
  return Math.hypot(ax - bx, ay - by) < nearness;
}

function toText(points) {
  return points.map(([x, y]) => `${x * 1000},${y * 1000}`).join(" ");
}
