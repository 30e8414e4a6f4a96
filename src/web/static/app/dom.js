/* The one way to Preact, its hooks and htm. The server writes addresses for their names. */

import { h } from "preact";
import htm from "htm";

export { render } from "preact";
export { useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";

/** A template: text in it stays text, whatever a camera, model or plugin put there. */
export const html = htm.bind(h);
