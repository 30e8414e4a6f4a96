/* The one way to Preact, its hooks and htm. The server writes addresses for their names. */

import { h } from "preact";
import htm from "htm";
import { safeText } from "../live/safe_text.js";

export { render } from "preact";
export { useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";

/** Attributes that are read by people. */
const read = ["aria-label", "title", "alt", "placeholder", "label"];

/** A template: text in it stays text, whatever a camera, model or plugin put there. */
export const html = htm.bind(function safeElement(type, props, ...children) {
  return h(type, typeof type === "string" ? safeProps(props) : props, ...children.map(safeChild));
});

function safeChild(child) {
  return typeof child === "string" ? safeText(child) : child;
}

function safeProps(props) {
  if (props === null) return null;
  const safe = read.filter((name) => typeof props[name] === "string")
    .map((name) => [name, safeText(props[name])]);
  return { ...props, ...Object.fromEntries(safe) };
}
