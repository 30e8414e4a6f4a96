/* The page of one event: what was seen, when, and where it went. */

import { usePoll } from "../api.js";
import { at, query } from "../base.js";
import { CopyButton, Failure } from "../controls.js";
import { html, useEffect, useState } from "../dom.js";
import { inFull, inSpan } from "../format.js";
import { reasonIn } from "../happening_words.js";
import { Icon } from "../icons.js";
import { t } from "../texts.js";
import { BoxOver } from "./event_card.js";
import { boxOf, labelOf, pathOf, wordsOf } from "./event_words.js";
import { ClipPlayer } from "./clip_player.js";
import { useSeen } from "./seen.js";

const clipPollMs = 2000;

/** Opening it marks it as seen. */
export function EventPage({ id }) {
  const { answer: event, error } = usePoll(`api/events/${encodeURIComponent(id)}`, null);
  const [seen, mark] = useSeen();
  useEffect(() => mark(id, true), [id]);
  if (error !== null && error.status !== 404) return html`<${Failure} error=${error} />`;
  return html`
    <div class="page event-page">
      <p class="back">
        <a class="button" href=${at("events")}><${Icon} name="left" />${t("event.back")}</a>
      </p>
      ${error !== null && html`
        <h1>${t("event.title")}</h1>
        <p class="empty">${t("event.gone")}</p>
      `}
      ${event !== null && html`
        <${Event} event=${event} isSeen=${seen.has(id)} onMark=${(isSeen) => mark(id, isSeen)} />
      `}
    </div>
  `;
}

function Event({ event, isSeen, onMark }) {
  const json = `data:application/json,${encodeURIComponent(JSON.stringify(event, null, 2))}`;
  const label = labelOf(event);
  const media = event.snapshot === true;
  const picture = at("api", "events", event.id, "snapshot.jpg");
  return html`
    <header class="page-head">
      <h1>${wordsOf(event)}${label && html`
        <span class="label">${label}</span>
      `}</h1>
      <p class="dim"><time datetime=${event.at}>${inFull(event.at)}</time> · ${event.stream}</p>
    </header>
    <div class="event-parts">
      <div class="media">
        <${Shown} event=${event} />
        ${event.clip !== undefined && html`<${Clip} id=${event.id} />`}
      </div>
      <div class="facts-and-links">
        <${Facts} event=${event} />
        <div class="links">
          ${media && html`
            <a class="button" href=${picture} download=${`${event.id}.jpg`}>
              <${Icon} name="save" />${t("event.save_picture")}
            </a>
          `}
          ${event.clip !== undefined && html`
            <a class="button" href=${at(
              "api",
              "events",
              event.id,
              "clip.mp4",
            )} download=${`${event.id}.mp4`}>
              <${Icon} name="save" />${t("event.save_clip")}
            </a>
          `}
          <a class="button" href=${json} download=${`${event.id}.json`}>
            <${Icon} name="save" />${t("event.save_json")}
          </a>
          <${CopyButton} text=${location.origin + at("events", event.id)} name=${t("event.link")} />
          <button type="button" class="button" aria-pressed=${isSeen} onClick=${() =>
            onMark(!isSeen)}>
            <${Icon} name="seen" />${t(isSeen ? "event.mark_unseen" : "event.mark_seen")}
          </button>
        </div>
        ${event.data !== undefined && html`
          <section class="data">
            <h2>${t("event.data")}</h2>
            <pre tabindex="0" aria-label=${t("event.data")}>${JSON.stringify(
              event.data,
              null,
              2,
            )}</pre>
          </section>
        `}
      </div>
    </div>
  `;
}

/** The picture with the object's box and its way; the way alone where there is no picture. */
function Shown({ event }) {
  const [hasFailed, setFailed] = useState(false);
  const [isLoaded, setLoaded] = useState(false);
  const path = pathOf(event);
  const hasPicture = event.snapshot === true && !hasFailed;
  if (!hasPicture && path.length === 0) return html`<p class="empty">${t("event.no_media")}</p>`;
  const points = path.map(({ x, y }) => `${x * 100},${y * 100}`).join(" ");
  return html`
    <figure class=${`shown ${hasPicture && isLoaded ? "" : "bare"}`}>
      ${hasPicture && html`
        <img
          src=${at("api", "events", event.id, "snapshot.jpg")} onError=${() => setFailed(true)}
          onLoad=${() => setLoaded(true)}
          alt=${t("events.picture", { words: wordsOf(event) })}
        />
        <${BoxOver} box=${boxOf(event)} />
      `}
      ${path.length > 1 && html`
        <svg class="path" viewBox="0 0 100 100" preserveAspectRatio="none" role="img"
          aria-label=${t("event.path")}>
          <polyline class="under" points=${points} />
          <polyline points=${points} />
        </svg>
      `}
    </figure>
  `;
}

/** A clip that is still being made is asked for again. */
function Clip({ id }) {
  const [attempt, setAttempt] = useState(0);
  const [state, setState] = useState("there");
  useEffect(() => {
    if (state !== "waits") return;
    const timer = setTimeout(() => {
      setState("there");
      setAttempt((count) => count + 1);
    }, clipPollMs);
    return () => clearTimeout(timer);
  }, [state]);
  if (state === "waits") return html`<p class="dim" role="status">${t("event.clip_waits")}</p>`;
  if (state === "gone") return null;
  const onMissing = (isAwaited) => setState(isAwaited ? "waits" : "gone");
  return html`<${ClipPlayer} key=${attempt} id=${id} onMissing=${onMissing} />`;
}

function Facts({ event }) {
  const { object, started_id: began } = event;
  const percent = object && Math.round(object.confidence * 100);
  const facts = [
    ["when", inFull(event.at)],
    ["type", html`<code>${event.type}</code>`],
    ["stream", html`<a href=${at("live", event.stream)}>${event.stream}</a>`],
    [
      "object",
      object && t("event.confidence", { label: object.label, number: object.id, percent }),
    ],
    [
      "zone",
      event.zone && html`<a href=${at("events") + query({ zone: event.zone })}>${event.zone}</a>`,
    ],
    ["line", event.line],
    ["duration", event.duration_ms !== undefined && inSpan(event.duration_ms)],
    ["reason", event.reason && reasonIn(event.reason)],
    ["began", began && html`<a href=${at("events", began)}>${t("event.title")}</a>`],
    ["use_case", event.use_case],
    ["sequence", event.sequence],
  ];
  return html`
    <dl class="facts">
      ${facts.filter(([, value]) => value || value === 0).map(([name, value]) =>
        html`
          <div key=${name}>
            <dt>${t(`event.${name}`)}</dt>
            <dd>${value}</dd>
          </div>
        `
      )}
    </dl>
  `;
}
