/* The page of events. */

import { Failure } from "../controls.js";
import { html, useEffect, useRef } from "../dom.js";
import { inNumber } from "../format.js";
import { t } from "../texts.js";
import { DayBar } from "./day_bar.js";
import { EventCard } from "./event_card.js";
import { useEvents } from "./events_list.js";
import { Filters, filtersOf, setFilters } from "./filters.js";
import { useSeen } from "./seen.js";

/** Filters, the day, and the list below. */
export function EventsPage({ route }) {
  const filters = filtersOf(route.query);
  const list = useEvents(filters);
  const { events, error, isAtEnd, isFull, isLive, fresh, waiting, showNew } = list;
  const [seen] = useSeen();
  const isUnknown = error?.status === 404;
  return html`
    <div class="page events-page">
      <header class="page-head">
        <h1>${t("events.title")}</h1>
        <p class="dim">${t(isLive ? "events.live" : "events.paused")}</p>
      </header>
      ${isUnknown ? html`<p class="empty">${t("events.unknown")}</p>` : html`
        <${Filters} filters=${filters} />
        <${DayBar} filters=${filters} />
        ${error !== null && html`<${Failure} error=${error} />`}
        ${waiting > 0 && html`
          <button type="button" class="button primary fresh-button" onClick=${() => {
            showNew();
            scrollTo(0, 0);
          }}>
            ${t("events.fresh", { count: inNumber(waiting) })}
          </button>
        `}
        <ol class="events">
          ${events.map((event) =>
            html`
              <${EventCard} key=${event.id} event=${event} isSeen=${seen.has(event.id)}
                isNew=${fresh.has(event.id)} />
            `
          )}
        </ol>
        <${End} list=${list} filters=${filters} />
        ${isAtEnd && events.length === 0 && html`
          <p class="empty">
            ${t(Object.keys(filters).length === 0 ? "events.none_at_all" : "events.none")}
          </p>
        `}
        ${isAtEnd && events.length > 0 && html`<p class="end dim">${t("events.end")}</p>`}
        ${isFull && html`
          <p class="end">
            <button type="button" class="button" onClick=${() => goOn(filters, events)}>
              ${t("events.on")}
            </button>
          </p>
        `}
      `}
    </div>
  `;
}

/** The next page is read before one reaches it. */
function End({ list }) {
  const mark = useRef(null);
  const { more, events, isAtEnd, isFull } = list;
  useEffect(() => {
    const observer = new IntersectionObserver(([{ isIntersecting }]) => isIntersecting && more(), {
      rootMargin: "800px",
    });
    observer.observe(mark.current);
    return () => observer.disconnect();
    // Each answer looks again: a short one may not have moved the mark out of sight.
  }, [more, events.length]);
  return html`
    <p ref=${mark} class="end dim" aria-hidden="true">
      ${!isAtEnd && !isFull && events.length > 0 && t("events.more")}
    </p>
  `;
}

function goOn(filters, events) {
  setFilters({ ...filters, to: events.at(-1).at });
  scrollTo(0, 0);
}
