/* A clip with the boxes of each frame drawn over it. */

import { ask } from "../api.js";
import { at } from "../base.js";
import { drawRecords } from "../../live/draw_records.js";
import { colorOfLabel } from "../colors.js";
import { html, useEffect, useRef, useState } from "../dom.js";
import { t } from "../texts.js";

const layers = new Set(["boxes", "labels"]);

/** `onMissing` is called when there is no clip, with whether one is still to come. */
export function ClipPlayer({ id, onMissing }) {
  const video = useRef(null);
  const canvas = useRef(null);
  const [frames, setFrames] = useState([]);
  const [areShown, show] = useState(true);
  useEffect(() => {
    const end = new AbortController();
    const path = ["api", "events", id, "boxes.json"].map(encodeURIComponent).join("/");
    ask(path, { signal: end.signal })
      .then((answer) => setFrames(answer.frames ?? []))
      .catch((error) => {
        if (error.status === 404 || error.status === 410) {
          onMissing(/ yet$/.test(error.problems[0].message));
        }
      });
    return () => end.abort();
  }, [id]);
  useEffect(() => {
    const element = video.current;
    let request;
    const paintAt = (seconds) => {
      // A last call may come when the player is gone.
      if (canvas.current === null) return;
      paint(canvas.current, element, areShown ? frameAt(frames, seconds * 1000) : null);
    };
    const draw = (_now, { mediaTime } = { mediaTime: element.currentTime }) => {
      paintAt(mediaTime);
      request = element.requestVideoFrameCallback?.(draw);
    };
    draw();
    // Where the browser does not tell of each frame, the clock's ticks have to do.
    const onTick = () => element.requestVideoFrameCallback === undefined && draw();
    const onSize = () => paintAt(element.currentTime);
    element.addEventListener("timeupdate", onTick);
    const observer = new ResizeObserver(onSize);
    observer.observe(element);
    return () => {
      element.cancelVideoFrameCallback?.(request);
      element.removeEventListener("timeupdate", onTick);
      observer.disconnect();
    };
  }, [frames, areShown]);
  return html`
    <div class="clip">
      <div class="screen">
        <video
          ref=${video} src=${at("api", "events", id, "clip.mp4")} controls muted playsinline
          preload="metadata" aria-label=${t("event.clip")}
        ></video>
        <canvas ref=${canvas} aria-hidden="true"></canvas>
      </div>
      <label class="switch">
        <input type="checkbox" role="switch" checked=${areShown}
          onChange=${(event) => show(event.target.checked)} />
        ${t("event.boxes")}
      </label>
    </div>
  `;
}

/** The last frame that was there at that time: a clip need not have a result for each picture. */
function frameAt(frames, ms) {
  let low = 0;
  let high = frames.length;
  while (low < high) {
    const middle = low + high >> 1;
    if (frames[middle].ms <= ms + 1) low = middle + 1;
    else high = middle;
  }
  return frames[low - 1] ?? null;
}

function paint(canvas, video, frame) {
  const { clientWidth: width, clientHeight: height, videoWidth, videoHeight } = video;
  const scale = devicePixelRatio;
  canvas.width = width * scale;
  canvas.height = height * scale;
  if (frame === null || videoWidth === 0) return;
  const context = canvas.getContext("2d");
  // The picture keeps its form within the player.
  const shrink = Math.min(width / videoWidth, height / videoHeight) * scale;
  const wide = videoWidth * shrink;
  const high = videoHeight * shrink;
  context.translate((canvas.width - wide) / 2, (canvas.height - high) / 2);
  const colors = Object.fromEntries(frame.boxes.map(({ label }) => [label, colorOfLabel(label)]));
  const record = { detections: frame.boxes, classifications: [], annotations: [], colors };
  drawRecords(context, { width: wide, height: high, scale, records: [record], layers });
}
