/** Boxes, labels and annotations, drawn into a picture. */

import type { Analysis, Annotation, Detection } from "../frame/analysis.ts";
import type { Canvas } from "./canvas.ts";
import { type Color, colorOfLabel, ink, parseColor, textColorOn } from "./color.ts";
import { fillRect, strokeLine, strokeRect } from "./paint.ts";
import type { Typeface, Typefaces } from "./text.ts";

/** Things to draw at most: beyond it a picture shows nothing, and drawing would hold up frames. */
const most = 500;

/**
 * Pixels to fill in one picture, which takes some 20 ms of the thread that all streams share; nine
 * times the area of 1280×720.
 */
const mostPixels = 8_000_000;
/** A pixel near a line takes as long as so many that are filled. */
const linePixels = 3;
/** A stroke takes at least as long as so many pixels that are filled, also outside of the picture. */
const strokePixels = 128;

/**
 * Draws everything an analysis has to show, one of so many in the picture. False when something was
 * left out, since drawing it would hold up frames.
 */
export function drawAnalysis(
  canvas: Canvas,
  analysis: Analysis,
  typefaces: Typefaces,
  count = 1,
): boolean {
  const large = canvas.height > 480;
  const half = mostPixels / count / 2;
  const pen = {
    thickness: large ? 3 : 2,
    face: large ? typefaces.large : typefaces.small,
    // The other half is for what was found, whatever a use case draws besides.
    left: half,
  };
  const { annotations = [], detections: found = [] } = analysis;
  let isWhole = annotations.length <= most;
  for (const annotation of annotations.slice(0, most)) {
    isWhole = drawAnnotation(canvas, annotation, pen) && isWhole;
  }
  pen.left += half;
  const all = found.flatMap((detection) => [detection, ...detection.secondary?.detections ?? []]);
  const detections = all.slice(0, most);
  const drawn: Detection[] = [];
  for (const detection of detections) {
    // As much again is left for their labels.
    if (pen.left < half / 2) break;
    drawBox(canvas, detection, pen);
    drawn.push(detection);
  }
  // Labels last: no box may strike them through.
  const labelled = drawn.filter((detection) => {
    if (pen.left <= 0) return false;
    drawLabel(canvas, detection, pen);
    return true;
  });
  drawClassifications(canvas, analysis, pen);
  return isWhole && labelled.length === all.length;
}

interface Pen {
  /** Pixels. */
  readonly thickness: number;
  readonly face: Typeface;
  /** Pixels that it may still fill. */
  left: number;
}

function drawBox(canvas: Canvas, { box, label }: Detection, pen: Pen): void {
  const left = box.x * canvas.width;
  const top = box.y * canvas.height;
  const width = box.width * canvas.width;
  const height = box.height * canvas.height;
  // A dark line around sets the box off from a background of its own colour.
  pen.left -= strokePixels +
    strokeRect(canvas, left - 1, top - 1, width + 2, height + 2, 1, ink, 0.45) +
    strokeRect(canvas, left, top, width, height, pen.thickness, colorOfLabel(label));
}

function drawLabel(canvas: Canvas, detection: Detection, pen: Pen): void {
  const { box, label, confidence, secondary } = detection;
  const said = secondary?.classifications?.[0];
  const more = said === undefined ? "" : `, ${said.label} ${said.confidence.toFixed(2)}`;
  const text = `${label} ${confidence.toFixed(2)}${more}`;
  const top = box.y * canvas.height - pen.face.height;
  // Above the box; inside of it when it touches the upper edge.
  drawCaption(canvas, box.x * canvas.width, top < 0 ? box.y * canvas.height : top, text, pen, {
    ground: colorOfLabel(label),
  });
}

/** False when it had to be left out, all or a part. */
function drawAnnotation(canvas: Canvas, annotation: Annotation, pen: Pen): boolean {
  if (pen.left <= 0) return false;
  const color = parseColor(annotation.color);
  if (annotation.kind === "text") {
    const [x, y] = [annotation.x * canvas.width, annotation.y * canvas.height];
    drawCaption(canvas, x, y, annotation.text, pen, { ground: ink, color });
    return true;
  }
  const points = annotation.points.slice(0, most).map(([x, y]) =>
    [x * canvas.width, y * canvas.height] as const
  );
  const ends = annotation.closed ? [...points.slice(1), ...points.slice(0, 1)] : points.slice(1);
  for (const [index, end] of ends.entries()) {
    if (pen.left <= 0) return false;
    const looked = strokeLine(canvas, points[index]!, end, pen.thickness, color);
    pen.left -= strokePixels + linePixels * looked;
  }
  return annotation.points.length <= most;
}

/** Classes of the whole picture, in its upper left corner. */
function drawClassifications(canvas: Canvas, { classifications }: Analysis, pen: Pen): void {
  (classifications ?? []).slice(0, 10).forEach(({ label, confidence }, index) => {
    const top = 8 + index * (pen.face.height + 4);
    const text = `${label} ${confidence.toFixed(2)}`;
    drawCaption(canvas, 8, top, text, pen, { ground: colorOfLabel(label) });
  });
}

interface CaptionStyle {
  readonly ground: Color;
  /** @default {whatever reads well on the ground} */
  readonly color?: Color;
}

/** Text on a filled ground, moved so that it lies within the picture. */
function drawCaption(
  canvas: Canvas,
  left: number,
  top: number,
  text: string,
  pen: Pen,
  { ground, color = textColorOn(ground) }: CaptionStyle,
): void {
  const { face } = pen;
  const width = face.measure(text) + 8;
  const x = Math.max(0, Math.min(left, canvas.width - width));
  const y = Math.max(0, Math.min(top, canvas.height - face.height));
  const filled = fillRect(canvas, x, y, width, face.height, ground, 0.92);
  face.draw(canvas, x + 4, y, text, color);
  // The letters take twice as long as their ground.
  pen.left -= strokePixels + 3 * filled;
}
