/* One event among many. */

import { serverNowMs } from "../api.js";
import { at } from "../base.js";
import { html, useEffect, useRef, useState } from "../dom.js";
import { inMoment, inSpan } from "../format.js";
import { Icon } from "../icons.js";
import { t } from "../texts.js";
import { boxOf, labelOf, wordsOf } from "./event_words.js";

/** Each time twice as long: where much happens, pictures take their time. */
const againMs = 2000;
/** What is older has its picture, or will have none. */
const newMs = 60_000;

/** Leads to the event's own page. */
export function EventCard({ event, isSeen, isNew }) {
  const words = wordsOf(event);
  const label = labelOf(event);
  return html`
    <li class=${`event ${isNew ? "fresh" : ""}`} data-type=${event.type}>
      <a href=${at("events", event.id)}>
        <${Thumbnail} event=${event} words=${words} />
        <div class="words">
          <h2>${words}${label && html`
            <span class="label">${label}</span>
          `}</h2>
          <p>
            <time datetime=${event.at}>${inMoment(event.at)}</time>
            <span>${event.stream}</span>
            ${event.duration_ms !== undefined && html`<span>${inSpan(event.duration_ms)}</span>`}
            ${isSeen && html`<span class="seen"><${Icon} name="seen" />${t("event.seen")}</span>`}
          </p>
        </div>
      </a>
    </li>
  `;
}

/** A picture that is still being made is asked for again: waiting for it would hold a connection. */
function Thumbnail({ event, words }) {
  const [hasFailed, setFailed] = useState(false);
  const failures = useRef(0);
  useEffect(() => {
    if (!hasFailed || serverNowMs() - Date.parse(event.at) > newMs) return;
    const timer = setTimeout(setFailed, againMs * 2 ** failures.current++, false);
    return () => clearTimeout(timer);
  }, [hasFailed]);
  const box = boxOf(event);
  // Without a picture it is at least told where it was.
  if (event.snapshot !== true || hasFailed) {
    return html`
      <div class="thumbnail none">
        ${box === null ? html`<${Icon} name="events" />` : html`<${BoxOver} box=${box} />`}
      </div>
    `;
  }
  return html`
    <div class="thumbnail">
      <img
        src=${at("api", "events", event.id, "snapshot.jpg") +
          "?wait=0"} loading="lazy" decoding="async"
        alt=${t("events.picture", { words })} onError=${() => setFailed(true)}
      />
      <${BoxOver} box=${box} />
    </div>
  `;
}

/** A frame around a part of the picture below it. */
export function BoxOver({ box }) {
  if (box === null) return null;
  const share = (value) => `${Math.min(1, Math.max(0, value)) * 100}%`;
  const style = {
    left: share(box.x),
    top: share(box.y),
    width: share(box.width),
    height: share(box.height),
  };
  return html`<i class="box-over" style=${style}></i>`;
}
