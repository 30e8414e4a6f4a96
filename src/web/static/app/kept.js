/* What this browser keeps: choices, arrangements, what was seen. Nothing of it reaches Sightline. */

import { useCallback, useState } from "./dom.js";
import { base } from "./base.js";

const prefix = `sightline ${base} `;

/** A private window may keep nothing: then the default holds. */
export function readKept(name, otherwise) {
  try {
    return JSON.parse(localStorage.getItem(prefix + name)) ?? otherwise;
  } catch {
    return otherwise;
  }
}

/** Keeps a value; null forgets it. */
export function keep(name, value) {
  try {
    if (value === null) localStorage.removeItem(prefix + name);
    else localStorage.setItem(prefix + name, JSON.stringify(value));
  } catch {
    // Full or forbidden: it holds until the page is left.
  }
}

/** Like useState, over visits. */
export function useKept(name, otherwise) {
  const [value, setValue] = useState(() => readKept(name, otherwise));
  const set = useCallback((next) => {
    keep(name, next);
    setValue(next);
  }, [name]);
  return [value, set];
}
