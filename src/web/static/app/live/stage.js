/* One stream large, with what is known of it. */

import { usePoll } from "../api.js";
import { at, query } from "../base.js";
import { html, useState } from "../dom.js";
import { inAge, inNumber, inTenths, inTime } from "../format.js";
import { happeningIn } from "../happening_words.js";
import { Icon } from "../icons.js";
import { t } from "../texts.js";
import { Picture } from "./picture.js";
import { Signs, toneOf, unknown, wordsOf } from "./signs.js";

const pollMs = 1000;

/** `choice` says what is drawn over the picture. */
export function Stage({ status, choice, isLost, isKiosk }) {
  const { name } = status;
  const [state, setState] = useState(unknown);
  const tone = toneOf(state);
  const isKnown = !isLost && state.condition !== "lost";
  return html`
    <article class="stage" data-tone=${tone} data-condition=${state.condition}>
      <div class="screen">
        <${Picture} name=${name} mode=${choice.mode} layers=${choice.shown} onState=${setState} />
        <p class="badge" role="status"><i class="dot" aria-hidden="true"></i>${wordsOf(state)}</p>
      </div>
      ${!isKiosk && html`
        <aside class="panel">
          <h2>${name}</h2>
          ${state.detail && html`<p class="detail">${state.detail}</p>`}
          <${Signs} state=${state} />
          ${isKnown && html`
            <${Labels} labels=${status.labels} />
            <${Figures} status=${status} state=${state} />
          `}
          <p class="links">
            <a class="button" href=${at("events") + query({ stream: name })}>
              <${Icon} name="events" />${t("live.events_of")}
            </a>
            <a class="button" href=${at("zones", name)}>
              <${Icon} name="zones" />${t("live.zones_of")}
            </a>
          </p>
          <${Happened} name=${name} />
          <${Facts} status=${status} />
        </aside>
      `}
    </article>
  `;
}

function Labels({ labels }) {
  const shown = Object.entries(labels).toSorted(([, a], [, b]) => b - a).slice(0, 12);
  return html`
    <section aria-label=${t("live.seen")}>
      <ul class="labels">
        ${shown.map(([label, count]) => html`<li key=${label}>${label}<b>${count}</b></li>`)}
        ${shown.length === 0 && html`<li class="none">${t("live.nothing")}</li>`}
      </ul>
    </section>
  `;
}

function Figures({ status, state }) {
  const { frames, age_ms: age, inference_ms: inference } = status;
  const dropped = Object.values(frames.dropped).reduce((sum, count) => sum + count, 0);
  // Figures of a stream that stands are those of before.
  const isLive = state.fps !== null && state.fps !== undefined;
  const share = frames.received === 0 ? 0 : dropped / frames.received * 100;
  const figures = [
    ["fps", isLive ? inTenths(status.fps) : "–"],
    ["inference", isLive ? inAge(inference.p50) : "–"],
    ["age", isLive ? inAge(age.p50) : "–"],
    ["age99", isLive ? inAge(age.p99) : "–"],
    ["frames", inNumber(frames.received)],
    ["dropped", `${inNumber(dropped)}${dropped > 0 ? ` (${inTenths(share)} %)` : ""}`],
    ["reconnects", inNumber(status.reconnects)],
    ["viewers", inNumber(status.viewers)],
  ];
  return html`
    <dl class="figures">
      ${figures.map(([name, value]) =>
        html`
          <div key=${name}>
            <dt>${t(`figure.${name}`)}</dt>
            <dd data-figure=${name}>${value}</dd>
          </div>
        `
      )}
    </dl>
  `;
}

function Happened({ name }) {
  const { answer } = usePoll(`api/streams/${encodeURIComponent(name)}`, pollMs);
  const journal = answer?.journal ?? [];
  return html`
    <section class="happened">
      <h3>${t("live.happened")}</h3>
      ${journal.length === 0 && html`<p class="dim">${t("live.not_yet")}</p>`}
      <ol class="journal" tabindex="0" aria-label=${t(
        "live.happened",
      )} hidden=${journal.length === 0}>
        ${journal.toReversed().map(({ at: moment, kind, words }, index) =>
          html`
            <li key=${`${moment} ${words} ${index}`} data-kind=${kind}>
              <time datetime=${moment}>${inTime(moment)}</time><span>${happeningIn({
                kind,
                words,
              })}</span>
            </li>
          `
        )}
      </ol>
    </section>
  `;
}

function Facts({ status }) {
  const drops = Object.entries(status.frames.dropped).filter(([, count]) => count > 0)
    .map(([reason, count]) => t(`drop.${reason}`, { count: inNumber(count) }));
  const facts = [
    ["drops", drops.join(", ") || t("drop.none")],
    ["use_case", status.use_case],
    ["model", status.model],
    ["source", status.source],
  ];
  return html`
    <dl class="facts">
      ${facts.map(([name, value]) =>
        html`
          <div key=${name}>
            <dt>${t(`fact.${name}`)}</dt>
            <dd data-fact=${name}>${value}</dd>
          </div>
        `
      )}
    </dl>
  `;
}
