/* Addresses: each page has one, with all that it shows, so that a link leads to the same. */

import { base } from "./base.js";
import { useEffect, useState } from "./dom.js";

/** The parts of the path behind the base, and the query. */
export function readRoute() {
  const path = location.pathname.startsWith(base) ? location.pathname.slice(base.length) : "";
  const parts = path.split("/").filter((part) => part !== "").map(decode);
  // Addresses of earlier versions.
  if (parts[0] === "streams") parts[0] = "live";
  return { page: parts[0] ?? "live", name: parts[1] ?? null, query: readQuery() };
}

/** What is left out may be several. */
function readQuery() {
  const given = new URLSearchParams(location.search);
  return Object.fromEntries(
    [...given].map(([key, value]) => [key, key.startsWith("not_") ? given.getAll(key) : value]),
  );
}

function decode(part) {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

const changed = "sightline:route";

/** Goes to an address of ours; `replace` leaves no step back, as for a filter that changes. */
export function go(address, { replace = false } = {}) {
  if (replace) history.replaceState(null, "", address);
  else history.pushState(null, "", address);
  dispatchEvent(new Event(changed));
}

/** The route, and every one that follows. */
export function useRoute() {
  const [route, setRoute] = useState(readRoute);
  useEffect(() => {
    const update = () => setRoute(readRoute());
    addEventListener("popstate", update);
    addEventListener(changed, update);
    return () => {
      removeEventListener("popstate", update);
      removeEventListener(changed, update);
    };
  }, []);
  return route;
}

/** Follows a link within the page; what is meant for a new window or a file is the browser's. */
export function followLink(event) {
  const link = event.target.closest?.("a[href]");
  if (link === null || link === undefined || link.target || link.hasAttribute("download")) return;
  if (event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) {
    return;
  }
  const url = new URL(link.href);
  if (url.origin !== location.origin || !url.pathname.startsWith(base)) return;
  if (!pages.has(url.pathname.slice(base.length).split("/")[0])) return;
  event.preventDefault();
  go(url.pathname + url.search);
}

const pages = new Set(["", "live", "events", "zones", "health"]);
