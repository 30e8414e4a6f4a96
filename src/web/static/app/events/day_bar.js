/* A day's events as bars, a quarter of an hour each. */

import { serverNowMs, usePoll } from "../api.js";
import { query } from "../base.js";
import { html } from "../dom.js";
import { inNumber } from "../format.js";
import { IconButton } from "../controls.js";
import { locale, t } from "../texts.js";
import { setFilters } from "./filters.js";

const quarterMs = 900_000;
const pollMs = 30_000;
const dayName = new Intl.DateTimeFormat(locale, { dateStyle: "full" });

/** The day of `from`, or today; a bar narrows the list to its hour. */
export function DayBar({ filters }) {
  const { fromMs, toMs } = dayOf(filters.from);
  const { from: _from, to: _to, ...rest } = filters;
  const asked = {
    ...rest,
    by: "type",
    bucket: "15m",
    from: new Date(fromMs).toISOString(),
    to: new Date(toMs).toISOString(),
  };
  const { answer } = usePoll(`api/counts${query(asked)}`, pollMs);
  const bars = barsOf(answer?.counts ?? [], fromMs, toMs);
  const most = Math.max(1, ...bars.map(({ count }) => count));
  const total = bars.reduce((sum, { count }) => sum + count, 0);
  const goTo = (days) => {
    const start = new Date(fromMs);
    start.setDate(start.getDate() + days);
    const end = new Date(start);
    end.setDate(end.getDate() + 1);
    setFilters({ ...filters, from: start.toISOString(), to: end.toISOString() });
  };
  const day = dayName.format(fromMs);
  return html`
    <section class="day" aria-label=${t("events.day", { day })}>
      <header>
        <${IconButton} icon="left" name=${t("events.day_before")} onClick=${() => goTo(-1)} />
        <h2>${day}</h2>
        <${IconButton} icon="right" name=${t("events.day_after")} disabled=${toMs > serverNowMs()}
          onClick=${() => goTo(1)} />
        <span class="total">${t("events.count", { count: inNumber(total) })}</span>
      </header>
      <ol class="bars">
        ${hoursOf(bars).map((hour) =>
          html`
            <${Hour} key=${hour.fromMs} hour=${hour} most=${most}
              filters=${filters} />
          `
        )}
      </ol>
    </section>
  `;
}

function Hour({ hour, most, filters }) {
  const { fromMs, toMs, bars, count } = hour;
  const isChosen = Date.parse(filters.from) === fromMs && Date.parse(filters.to) === toMs;
  const name = t("events.at_hour", { hour: new Date(fromMs).getHours(), count: inNumber(count) });
  const choose = () =>
    setFilters({
      ...filters,
      from: new Date(fromMs).toISOString(),
      to: new Date(toMs).toISOString(),
    });
  return html`
    <li>
      <button type="button" aria-label=${name} title=${name} aria-pressed=${isChosen}
        onClick=${choose}>
        <span class="quarters" aria-hidden="true">
          ${bars.map((bar) =>
            html`<i key=${bar.fromMs} style=${{ height: `${bar.count / most * 100}%` }}></i>`
          )}
        </span>
        <span class="hour" aria-hidden="true">${new Date(fromMs).getHours()}</span>
      </button>
    </li>
  `;
}

/** From midnight to midnight where the visitor is; not each day has 24 hours. */
function dayOf(from) {
  const given = Date.parse(from);
  const start = new Date(Number.isNaN(given) ? serverNowMs() : given);
  start.setHours(0, 0, 0, 0);
  const end = new Date(start);
  end.setDate(end.getDate() + 1);
  return { fromMs: start.getTime(), toMs: end.getTime() };
}

function barsOf(counts, fromMs, toMs) {
  const sums = new Map();
  for (const { from, count } of counts) {
    const at = Date.parse(from);
    sums.set(at, (sums.get(at) ?? 0) + count);
  }
  const bars = [];
  for (let at = fromMs; at < toMs; at += quarterMs) {
    bars.push({ fromMs: at, count: sums.get(at) ?? 0 });
  }
  return bars;
}

function hoursOf(bars) {
  const hours = [];
  for (let index = 0; index < bars.length; index += 4) {
    const part = bars.slice(index, index + 4);
    hours.push({
      fromMs: part[0].fromMs,
      toMs: part.at(-1).fromMs + quarterMs,
      bars: part,
      count: part.reduce((sum, { count }) => sum + count, 0),
    });
  }
  return hours;
}
