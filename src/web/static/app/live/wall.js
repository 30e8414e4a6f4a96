/* The wall: as many streams as there are, each as large as the window allows. */

import { isForPage } from "../controls.js";
import { html, useEffect, useLayoutEffect, useRef, useState } from "../dom.js";
import { gridFor } from "./arrangement.js";
import { Picture } from "./picture.js";
import { toneOf, unknown, wordsOf } from "./signs.js";

const gap = 8;
/** Smaller tiles show nothing: from there on the wall is scrolled. */
const leastTileWidth = 150;

/** One tile a stream; arrows go to the tile beside. */
export function Wall({ streams, choice, addressOf }) {
  const wall = useRef(null);
  const grid = useGrid(wall, streams.length);
  useArrows(wall, grid.columns);
  return html`
    <div
      ref=${wall} class=${`wall ${grid.scrolls ? "scrolls" : ""}`}
      style=${{ "--columns": grid.columns, "--rows": grid.rows }}
    >
      ${streams.map((status) =>
        html`
          <${Tile} key=${status.name} status=${status} choice=${choice} address=${addressOf(
            status.name,
          )} />
        `
      )}
    </div>
  `;
}

function Tile({ status, choice, address }) {
  const { name } = status;
  const [state, setState] = useState(unknown);
  const tone = toneOf(state);
  return html`
    <a class="tile" href=${address} data-tone=${tone} data-condition=${state.condition}>
      <${Picture} name=${name} mode=${choice.mode} layers=${choice.shown} onState=${setState} />
      <span class="caption">
        <i class="dot" aria-hidden="true"></i><span class="name">${name}</span>
        ${tone !== "good" && html`<span class="state">${wordsOf(state)}</span>`}
        <span class="labels">${state.condition === "live"
          ? labelsOf(status)
          : state.detail ?? ""}</span>
      </span>
    </a>
  `;
}

function labelsOf({ labels }) {
  return Object.entries(labels).toSorted(([, a], [, b]) => b - a).slice(0, 4)
    .map(([label, count]) => `${count} ${label}`).join(" · ");
}

/** Columns and rows for the room that there is. */
function useGrid(wall, count) {
  const [size, setSize] = useState({ width: 1200, height: 700 });
  useLayoutEffect(() => {
    const room = wall.current.parentElement;
    const measure = () => setSize({ width: room.clientWidth, height: room.clientHeight });
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(room);
    return () => observer.disconnect();
  }, []);
  const { width, height } = size;
  const best = gridFor(Math.max(1, count), width, height, gap);
  const least = Math.min(leastTileWidth, width);
  // On a phone held upright one column as wide as the phone shows more than all at once.
  if (best.tileWidth >= least && !(width < 600 && best.tileWidth < width * 0.9)) return best;
  const columns = Math.max(1, width < 600 ? 1 : Math.floor((width + gap) / (leastTileWidth + gap)));
  return { columns, rows: Math.ceil(count / columns), scrolls: true };
}

function useArrows(wall, columns) {
  useEffect(() => {
    const onKey = (event) => {
      if (!isForPage(event)) return;
      const by = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -columns, ArrowDown: columns }[event.key];
      if (by === undefined) return;
      const tiles = [...wall.current.children];
      const now = tiles.indexOf(document.activeElement);
      const next = now === -1 ? 0 : Math.max(0, Math.min(tiles.length - 1, now + by));
      tiles[next]?.focus();
      event.preventDefault();
    };
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  }, [columns]);
}
