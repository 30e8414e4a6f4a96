/* Models, plugins and destinations with their books. */

import { html } from "../dom.js";
import { inAge, inNumber, inSpan } from "../format.js";
import { t } from "../texts.js";

const toneOfState = {
  connecting: "busy",
  live: "good",
  stalled: "bad",
  reconnecting: "bad",
  model_unavailable: "bad",
  ended: "off",
  failed: "bad",
};

function Table({ title, heads, rows, none }) {
  return html`
    <section class="books">
      <h2>${title}</h2>
      ${rows.length === 0 ? html`<p class="dim">${none}</p>` : html`
        <div class="table" tabindex="0" role="region" aria-label=${title}>
          <table>
            <thead>
              <tr>${heads.map((head) => html`<th key=${head} scope="col">${head}</th>`)}</tr>
            </thead>
            <tbody>${rows}</tbody>
          </table>
        </div>
      `}
    </section>
  `;
}

/**
 * Each stream a row; the button chooses whose charts are shown. `isLost`: what it does now is not known,
 * the books are as they were.
 */
export function Streams({ streams, isLost, chosen, onChoose }) {
  const heads = ["stream", "state", "fps", "age", "age99", "frames", "dropped", "reconnects"]
    .map((head) => t(`health.${head}`));
  const rows = streams.map((status) => {
    const { name, frames, age_ms: age, fps } = status;
    const dropped = Object.values(frames.dropped).reduce((sum, count) => sum + count, 0);
    const isLive = status.state === "live" && !status.frozen && !isLost;
    const tone = isLost ? "off" : status.frozen ? "bad" : toneOfState[status.state];
    const state = status.frozen ? "condition.frozen" : `stream_state.${status.state}`;
    const word = t(isLost ? "health.unknown" : state);
    return html`
      <tr key=${name} data-tone=${tone}>
        <th scope="row">
          <button type="button" class="choose" aria-pressed=${name === chosen}
            onClick=${() => onChoose(name)}>${name}</button>
        </th>
        <td><i class="dot" aria-hidden="true"></i>${word}</td>
        <td>${isLive ? inNumber(Math.round(fps * 10) / 10) : "–"}</td>
        <td>${isLive ? inAge(age.p50) : "–"}</td>
        <td>${isLive ? inAge(age.p99) : "–"}</td>
        <td>${inNumber(frames.received)}</td>
        <td>${inNumber(dropped)}</td>
        <td>${inNumber(status.reconnects)}</td>
      </tr>
    `;
  });
  return html`<${Table} title=${t("health.streams")} heads=${heads} rows=${rows} none=${
    t("live.none")
  } />`;
}

/** Each model that is asked, with its queue. */
export function Models({ models, isLost }) {
  const heads = ["model", "used_by", "in_flight", "waiting"].map((head) => t(`health.${head}`));
  const rows = models.map(({ model, streams, in_flight, max_in_flight, waiting }) =>
    html`
      <tr key=${model}>
        <th scope="row">${model}</th>
        <td>${streams.join(", ")}</td>
        <td>${isLost ? "–" : inNumber(in_flight)} / ${inNumber(max_in_flight)}</td>
        <td>${isLost ? "–" : inNumber(waiting)}</td>
      </tr>
    `
  );
  return html`
    <${Table} title=${t("health.models")} heads=${heads} rows=${rows} none=${t(
      "health.no_models",
    )} />
  `;
}

/** The use case of each stream. */
export function Plugins({ streams }) {
  const heads = ["plugin", "stream", "failures", "restarts", "says"].map((head) =>
    t(`health.${head}`)
  );
  const rows = streams.map(({ name, use_case, plugin }) =>
    html`
      <tr key=${name} data-tone=${plugin.error === null ? "good" : "bad"}>
        <th scope="row">${use_case}</th>
        <td>${name}</td>
        <td>${inNumber(plugin.failures)}</td>
        <td>${inNumber(plugin.restarts)}</td>
        <td class="words">${plugin.error ?? "–"}</td>
      </tr>
    `
  );
  return html`
    <${Table} title=${t("health.plugins")} heads=${heads} rows=${rows} none=${t("live.none")} />
  `;
}

/** accepted = delivered + dropped + waiting, for each. */
export function Destinations({ destinations }) {
  const heads = ["destination", "accepted", "delivered", "dropped", "waiting", "oldest", "says"]
    .map((head) => t(`health.${head}`));
  const rows = destinations.map((books) => {
    const { destination, accepted, delivered, dropped, waiting, oldest_age_s, ...rest } = books;
    const error = rest.disabled ?? rest.last_error;
    const lost = dropped.expired + dropped.full + dropped.refused;
    return html`
      <tr key=${destination} data-tone=${error === null ? "good" : "bad"}>
        <th scope="row">${destination}</th>
        <td>${inNumber(accepted)}</td>
        <td>${inNumber(delivered)}</td>
        <td>${inNumber(lost)}</td>
        <td>${inNumber(waiting)}</td>
        <td>${oldest_age_s === null ? "–" : inSpan(oldest_age_s * 1000)}</td>
        <td class="words">${error ?? "–"}</td>
      </tr>
    `;
  });
  return html`
    <${Table} title=${t("health.destinations")} heads=${heads} rows=${rows}
      none=${t("health.no_destinations")} />
  `;
}
