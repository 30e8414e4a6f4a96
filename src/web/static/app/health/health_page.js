/* The state of everything: now, in the last hour, and in words. */

import { serverNowMs, usePoll } from "../api.js";
import { at } from "../base.js";
import { Failure } from "../controls.js";
import { html, useMemo, useState } from "../dom.js";
import { inAge, inMoment, inNumber, inSpan, inTenths } from "../format.js";
import { happeningIn } from "../happening_words.js";
import { Icon } from "../icons.js";
import { t } from "../texts.js";
import { Chart } from "./chart.js";
import { Destinations, Models, Plugins, Streams } from "./tables.js";

const pollMs = 2000;
const chartMs = 10_000;

/** Figures, charts, books and what happened. */
export function HealthPage({ role }) {
  const { answer, error, isLost } = usePoll("api/health", pollMs);
  const [choice, choose] = useState(null);
  const chosen = answer?.streams.some(({ name }) => name === choice)
    ? choice
    : answer?.streams[0]?.name ?? null;
  return html`
    <div class="page health-page">
      <header class="page-head">
        <h1>${t("health.title")}</h1>
        ${answer !== null && !isLost && html`
          <p class="dim">
            ${t("health.version", {
              version: answer.version,
              span: inSpan(Math.max(0, serverNowMs() - Date.parse(answer.started_at))),
            })}
          </p>
        `}
        <${Bundle} role=${role} />
      </header>
      ${error !== null && answer === null && html`<${Failure} error=${error} />`}
      ${answer !== null && html`
        <${Streams} streams=${answer
          .streams} isLost=${isLost} chosen=${chosen} onChoose=${choose} />
        ${chosen !== null && html`<${Charts} key=${chosen} name=${chosen} />`}
        <div class="two">
          <${Models} models=${answer.models} isLost=${isLost} />
          <${Plugins} streams=${answer.streams} />
        </div>
        <${Destinations} destinations=${answer.destinations} />
        <${Happened} happened=${answer.happened} />
      `}
    </div>
  `;
}

function Bundle({ role }) {
  if (role === "operate") {
    return html`
      <a class="button" href=${at("api", "support.zip")} download>
        <${Icon} name="save" />${t("health.bundle")}
      </a>
    `;
  }
  return html`
    <span class="bundle">
      <button type="button" class="button" disabled aria-describedby="bundle-hint">
        <${Icon} name="save" />${t("health.bundle")}
      </button>
      <small id="bundle-hint" class="dim">${t("health.bundle_hint")}</small>
    </span>
  `;
}

function Charts({ name }) {
  const { answer } = usePoll(`api/streams/${encodeURIComponent(name)}/history`, chartMs);
  const data = useMemo(() => {
    if (answer === null) return null;
    const seconds = answer.at_ms.map((ms) => ms / 1000);
    return {
      fps: [seconds, answer.fps],
      age: [seconds, answer.age_p50_ms, answer.age_p99_ms],
      drops: [seconds, answer.late, answer.failed],
    };
  }, [answer]);
  if (data === null) return null;
  return html`
    <section class="charts" aria-label=${t("health.charts", { name })}>
      <${Chart}
        title=${t("health.chart_fps")} data=${data.fps} format=${inTenths}
        series=${[{ name: t("figure.fps"), tone: "accent" }]}
      />
      <${Chart}
        title=${t("health.chart_age")} data=${data.age} format=${inAge}
        series=${[{ name: "p50", tone: "accent" }, { name: "p99", tone: "busy" }]}
      />
      <${Chart}
        title=${t("health.chart_drops")} data=${data.drops} format=${inCount} isWhole
        series=${[{ name: t("health.late"), tone: "busy" }, {
          name: t("health.failed"),
          tone: "bad",
        }]}
      />
    </section>
  `;
}

function inCount(value) {
  return Number.isFinite(value) ? inNumber(Math.round(value)) : "–";
}

function Happened({ happened }) {
  return html`
    <section class="books">
      <h2>${t("health.happened")}</h2>
      ${happened.length === 0 && html`<p class="dim">${t("live.not_yet")}</p>`}
      <ol class="journal wide" tabindex="0" aria-label=${t("health.happened")}
        hidden=${happened.length === 0}>
        ${happened.map(({ at: moment, stream, kind, words }, index) =>
          html`
            <li key=${`${moment} ${stream} ${index}`} data-kind=${kind}>
              <time datetime=${moment}>${inMoment(moment)}</time>
              <a href=${at("live", stream)}>${stream}</a>
              <span>${happeningIn({ kind, words })}</span>
            </li>
          `
        )}
      </ol>
    </section>
  `;
}
