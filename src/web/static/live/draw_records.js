/** Draws what was found in a picture: zones, trails, boxes and labels, on any 2D canvas context. */

import { isolatedText } from "./safe_text.js";

/** Things of each kind that are drawn at most; more would hide the picture. */
const most = 500;
const ink = "#10141a";
const white = "#ffffff";
/** Lines and letters in pixels of the screen, for a picture that is neither very large nor very small. */
const lineWidth = 2;
const fontSize = 13;
/** Widths on the screen between which they are so. */
const usual = [300, 1100];

/**
 * Draws records into a picture of `width` × `height` that lies at the origin. `layers` is a set of
 * `boxes`, `labels`, `zones` and `trails`; `scale` is how many pixels of the canvas a pixel of the
 * screen has. `trails` is a list of `{ color, points }`, in fractions of the picture as all else.
 */
export function drawRecords(context, given) {
  const { width, height, records, trails = [], layers } = given;
  const scale = given.scale * growth(width / given.scale);
  const pen = { context, width, height, scale };
  context.save();
  context.lineJoin = "round";
  context.font = `${fontSize * scale}px system-ui, sans-serif`;
  context.textBaseline = "middle";
  if (layers.has("zones")) {
    for (const { annotations } of records) {
      for (const annotation of annotations.slice(0, most)) drawAnnotation(pen, annotation);
    }
  }
  if (layers.has("trails")) { for (const trail of trails.slice(0, most)) drawTrail(pen, trail); }
  if (layers.has("boxes")) {
    for (const { detections, colors } of records) {
      for (const { box, label } of detections.slice(0, most)) drawBox(pen, box, colors[label]);
    }
  }
  // Labels last: no box may strike them through.
  if (layers.has("labels")) { for (const record of records) drawLabels(pen, record); }
  context.restore();
}

/** A wall is looked at from afar, and a small tile must not consist of letters. */
function growth(screenWidth) {
  const [small, large] = usual;
  if (screenWidth < small) return Math.max(0.65, screenWidth / small);
  return Math.min(2.2, Math.max(1, screenWidth / large));
}

function drawLabels(pen, { detections, classifications, colors }) {
  const { width, height, scale } = pen;
  const lineHeight = fontSize * scale * 1.4;
  for (const { box, label, confidence, said } of detections.slice(0, most)) {
    const more = said === undefined ? "" : `, ${isolatedText(said)}`;
    const text = `${isolatedText(label)} ${confidence.toFixed(2)}${more}`;
    const top = box.y * height - lineHeight;
    // Above the box; inside of it when it touches the upper edge.
    const y = top < 0 ? box.y * height : top;
    drawCaption(pen, box.x * width, y, text, colors[label] ?? white);
  }
  classifications.forEach(({ label, confidence }, index) => {
    const y = 8 * scale + index * (lineHeight + 4 * scale);
    const text = `${isolatedText(label)} ${confidence.toFixed(2)}`;
    drawCaption(pen, 8 * scale, y, text, colors[label] ?? white);
  });
}

function drawBox({ context, width, height, scale }, box, color = white) {
  const rectangle = [box.x * width, box.y * height, box.width * width, box.height * height];
  // A dark line around sets the box off from a background of its own colour.
  context.strokeStyle = "rgb(16 20 26 / 0.45)";
  context.lineWidth = (lineWidth + 2) * scale;
  context.strokeRect(...rectangle);
  context.strokeStyle = color;
  context.lineWidth = lineWidth * scale;
  context.strokeRect(...rectangle);
}

function drawAnnotation(pen, annotation) {
  const { context, width, height, scale } = pen;
  const color = /^#[0-9a-f]{6}$/i.test(annotation.color ?? "") ? annotation.color : white;
  if (annotation.kind === "text") {
    return drawCaption(
      pen,
      annotation.x * width,
      annotation.y * height,
      isolatedText(annotation.text),
      ink,
      color,
    );
  }
  context.beginPath();
  for (const [x, y] of annotation.points.slice(0, most)) context.lineTo(x * width, y * height);
  if (annotation.closed) context.closePath();
  context.strokeStyle = color;
  context.lineWidth = lineWidth * scale;
  context.stroke();
}

function drawTrail({ context, width, height, scale }, { color = white, points }) {
  context.beginPath();
  for (const [x, y] of points) context.lineTo(x * width, y * height);
  context.strokeStyle = color;
  context.globalAlpha = 0.7;
  context.lineWidth = lineWidth * scale;
  context.stroke();
  context.globalAlpha = 1;
}

/** Text on a ground, moved so that it lies within the picture. */
function drawCaption({ context, width, height, scale }, left, top, text, ground, color) {
  const lineHeight = fontSize * scale * 1.4;
  const textWidth = context.measureText(text).width + 8 * scale;
  const x = Math.max(0, Math.min(left, width - textWidth));
  const y = Math.max(0, Math.min(top, height - lineHeight));
  context.globalAlpha = 0.92;
  context.fillStyle = ground;
  context.fillRect(x, y, textWidth, lineHeight);
  context.globalAlpha = 1;
  context.fillStyle = color ?? textColorOn(ground);
  context.fillText(text, x + 4 * scale, y + lineHeight / 2);
}

/** Ink or white, whichever reads better on a ground of this colour. */
function textColorOn(ground) {
  const value = parseInt(ground.slice(1), 16);
  const light = 0.299 * (value >> 16) + 0.587 * ((value >> 8) & 255) + 0.114 * (value & 255);
  return light > 140 ? ink : white;
}
