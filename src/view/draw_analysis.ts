/** Boxes, labels and annotations, drawn into a picture of the live view. */

import type { Analysis, Annotation, Detection } from "../frame/analysis.ts";
import type { Picture } from "../use_case/use_case.ts";
import { type Color, colorOfLabel, ink, parseColor, textColorOn } from "./color.ts";
import { fillRect, strokeLine, strokeRect } from "./paint.ts";
import type { Typeface, Typefaces } from "./text.ts";

/** Things to draw at most: beyond it a picture shows nothing, and drawing would hold up frames. */
const most = 500;

/** Draws everything an analysis has to show. */
export function drawAnalysis(picture: Picture, analysis: Analysis, typefaces: Typefaces): void {
  const large = picture.height > 480;
  const pen = { thickness: large ? 3 : 2, face: large ? typefaces.large : typefaces.small };
  for (const annotation of (analysis.annotations ?? []).slice(0, most)) {
    drawAnnotation(picture, annotation, pen);
  }
  const detections = (analysis.detections ?? []).flatMap((detection) => [
    detection,
    ...detection.secondary?.detections ?? [],
  ]).slice(0, most);
  for (const detection of detections) drawBox(picture, detection, pen);
  // Labels last: no box may strike them through.
  for (const detection of detections) drawLabel(picture, detection, pen);
  drawClassifications(picture, analysis, pen);
}

interface Pen {
  /** Pixels. */
  readonly thickness: number;
  readonly face: Typeface;
}

function drawBox(picture: Picture, { box, label }: Detection, { thickness }: Pen): void {
  const left = box.x * picture.width;
  const top = box.y * picture.height;
  const width = box.width * picture.width;
  const height = box.height * picture.height;
  // A dark line around sets the box off from a background of its own colour.
  strokeRect(picture, left - 1, top - 1, width + 2, height + 2, 1, ink, 0.45);
  strokeRect(picture, left, top, width, height, thickness, colorOfLabel(label));
}

function drawLabel(picture: Picture, detection: Detection, { face }: Pen): void {
  const { box, label, confidence, secondary } = detection;
  const said = secondary?.classifications?.[0];
  const more = said === undefined ? "" : `, ${said.label} ${said.confidence.toFixed(2)}`;
  const text = `${label} ${confidence.toFixed(2)}${more}`;
  const top = box.y * picture.height - face.height;
  // Above the box; inside of it when it touches the upper edge.
  drawCaption(picture, box.x * picture.width, top < 0 ? box.y * picture.height : top, text, {
    face,
    ground: colorOfLabel(label),
  });
}

function drawAnnotation(picture: Picture, annotation: Annotation, { thickness, face }: Pen): void {
  const color = parseColor(annotation.color);
  if (annotation.kind === "text") {
    const [x, y] = [annotation.x * picture.width, annotation.y * picture.height];
    drawCaption(picture, x, y, annotation.text, { face, ground: ink, color });
    return;
  }
  const points = annotation.points.slice(0, most).map(([x, y]) =>
    [x * picture.width, y * picture.height] as const
  );
  const ends = annotation.closed ? [...points.slice(1), ...points.slice(0, 1)] : points.slice(1);
  ends.forEach((end, index) => strokeLine(picture, points[index]!, end, thickness, color));
}

/** Classes of the whole picture, in its upper left corner. */
function drawClassifications(picture: Picture, { classifications }: Analysis, { face }: Pen): void {
  (classifications ?? []).slice(0, 10).forEach(({ label, confidence }, index) => {
    const top = 8 + index * (face.height + 4);
    const text = `${label} ${confidence.toFixed(2)}`;
    drawCaption(picture, 8, top, text, { face, ground: colorOfLabel(label) });
  });
}

interface CaptionStyle {
  readonly face: Typeface;
  readonly ground: Color;
  /** @default {whatever reads well on the ground} */
  readonly color?: Color;
}

/** Text on a filled ground, moved so that it lies within the picture. */
function drawCaption(
  picture: Picture,
  left: number,
  top: number,
  text: string,
  { face, ground, color = textColorOn(ground) }: CaptionStyle,
): void {
  const width = face.measure(text) + 8;
  const x = Math.max(0, Math.min(left, picture.width - width));
  const y = Math.max(0, Math.min(top, picture.height - face.height));
  fillRect(picture, x, y, width, face.height, ground, 0.92);
  face.draw(picture, x + 4, y, text, color);
}
